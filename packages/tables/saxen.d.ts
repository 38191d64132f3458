/** The part of saxen that is used here: it ships no types. */
declare module "saxen" {
  type Attributes = Record<string, string>;
  export class Parser {
    on(event: "openTag", handle: (name: string, attributes: () => Attributes) => void): this;
    on(event: "closeTag", handle: (name: string) => void): this;
    on(event: "text" | "cdata" | "attention", handle: (raw: string) => void): this;
    on(event: "error" | "warn", handle: (cause: Error) => void): this;
    parse(xml: string): void;
  }
}

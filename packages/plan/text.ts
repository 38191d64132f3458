/** What an official reads, in both languages. Chinese is what is shown by default. */
export interface Text {
  readonly zh: string;
  readonly en: string;
}

export const text = (zh: string, en: string): Text => ({ zh, en });

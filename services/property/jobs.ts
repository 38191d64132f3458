// What the clock starts: one export for each schedule of `service.ts`.
export {};

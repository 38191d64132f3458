import { runVerify } from "./verify-command.ts";

// A reader who has seen enough (`| head`) closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runVerify(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  // npm runs scripts in the repository's folder; the user stands where INIT_CWD says.
  folder: process.env.INIT_CWD ?? process.cwd(),
});

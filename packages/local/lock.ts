import { createHash } from "node:crypto";
import { realpathSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** The platform cannot start, for a reason that its user can mend. The message is for people and stands alone. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/** The folder's one true path, also before it exists: two spellings of a folder are one lock. */
export function truePath(folder: string): string {
  const path = resolve(folder);
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(truePath(parent), basename(path));
  }
}

/**
 * Holds a data folder for this process until it ends, in whichever way: the lock is a listening socket, and the kernel
 * closes sockets also after kill -9, so no stale lock is ever left. Nothing is written into the folder.
 * @throws CannotStart when another process holds it, naming that process
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const address = lockAddress(truePath(folder), process.platform);
  const server = createServer((socket) => socket.on("error", () => {}).end(String(process.pid)));
  if (!(await listens(server, address))) {
    const holder = await askHolder(address);
    // Only a socket file can outlive its process; elsewhere whoever is too busy to answer still holds the folder.
    if (holder === "nobody" && address.endsWith(".sock")) {
      rmSync(address, { force: true });
      if (await listens(server, address)) return { release: () => close(server) };
    }
    const who = /^\d+$/.test(holder) ? `（进程 pid ${holder}）` : "";
    throw new CannotStart(
      `数据目录 ${folder} 正在被另一个已启动的平台使用${who}。请先停止它，或设置 DATA_DIR 使用另一个目录。\n` +
        `The data folder ${folder} is in use by another running platform${who && ` (pid ${holder})`}. Stop it first, or set DATA_DIR to another folder.`,
    );
  }
  return { release: () => close(server) };
}

/** Linux has sockets without a file, Windows has pipes; elsewhere it is a file in the temporary folder. */
function lockAddress(path: string, platform: NodeJS.Platform): string {
  const name = `county-${createHash("sha256").update(path).digest("hex").slice(0, 32)}`;
  if (platform === "linux") return `\0${name}`;
  return platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

const listens = (server: Server, address: string) =>
  new Promise<boolean>((answer, reject) => {
    server
      .once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? answer(false) : reject(error)))
      .listen(address, () => {
        server.unref();
        answer(true);
      });
  });

const close = (server: Server) => new Promise<void>((done) => void server.close(() => done()));

/** The holder's process id as it tells it; "nobody" when nobody listens; "" when it does not answer. */
const askHolder = (address: string) =>
  new Promise<string>((answer) => {
    let said = "";
    const socket = connect(address)
      .setEncoding("utf8")
      .setTimeout(500, () => socket.destroy())
      .on("data", (text) => {
        said += text;
      })
      .on("error", () => {
        said = "nobody";
      })
      .on("close", () => answer(said));
  });

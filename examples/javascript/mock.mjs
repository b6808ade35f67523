import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Start a mock gateway. `stop` ends it; it also ends if this process dies, for then its standard
 * input ends.
 */
export async function startMock(secret) {
  const options = ["--port", "0", "--quiet", "--start-line", "json", "--stop-at-eof"];
  const child = spawn("tyk-contract", ["serve", ...options], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TYK_GW_SECRET: secret },
  });
  const exited = once(child, "exit");
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(30_000) }),
    exited.then(([code]) => Promise.reject(new Error(`tyk-contract ended with ${code}`))),
  ]);
  const { url } = JSON.parse(line);
  return {
    url,
    async call(method, path, body) {
      const headers = { "X-Tyk-Authorization": secret };
      const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
      return { status: answer.status, json: await answer.json() };
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

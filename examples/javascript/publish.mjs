import { setTimeout as sleep } from "node:timers/promises";

/** A client of one Tyk gateway that repeats requests which were lost, or refused with a 5xx status. */
export class Publisher {
  constructor({ url, secret, attempts = 3, pause = 50 }) {
    Object.assign(this, { url, secret, attempts, pause }); // pause: ms, doubled for each further attempt
  }

  /** Write a policy; the gateway uses it after its next reload. */
  publish(policy) {
    return this.#send("POST", "/tyk/policies", JSON.stringify(policy));
  }

  /** Load all written policies, and wait until they are loaded. */
  reload() {
    return this.#send("GET", "/tyk/reload?block=true");
  }

  async #send(method, path, body) {
    const headers = { "X-Tyk-Authorization": this.secret, "Content-Type": "application/json" };
    for (let attempt = 1; ; attempt++) {
      let failure;
      try {
        const answer = await fetch(this.url + path, { method, headers, body });
        const text = await answer.text();
        if (answer.ok) return JSON.parse(text);
        failure = new Error(`${method} ${path}: ${answer.status} ${text}`);
        if (answer.status < 500) attempt = this.attempts;
      } catch (error) {
        failure = error; // the connection failed, or was closed without an answer
      }
      if (attempt >= this.attempts) throw failure;
      await sleep(this.pause * 2 ** (attempt - 1));
    }
  }
}

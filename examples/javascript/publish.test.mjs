import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { startMock } from "./mock.mjs";
import { Publisher } from "./publish.mjs";

const secret = "a-secret-of-tests";
const gold = { id: "gold", name: "Gold", rate: 1000, per: 60 };
let mock;

before(async () => {
  mock = await startMock(secret);
});
beforeEach(() => mock.call("POST", "/_mock/reset"));
after(() => mock?.stop());

test("a policy whose first request is lost is written by the second one, and loaded by a reload", async () => {
  const publisher = new Publisher({ url: mock.url, secret });
  const fault = await mock.call("POST", "/_mock/faults", { operation: "addPolicy", drop: true });
  assert.equal(fault.status, 200);

  await publisher.publish(gold);

  const journal = await mock.call("GET", "/_mock/journal?operation=addPolicy");
  assert.deepEqual(journal.json.map((entry) => entry.status), [0, 200]);
  assert.equal((await mock.call("GET", "/tyk/policies/gold")).status, 404); // written, and not loaded
  await publisher.reload();
  assert.equal((await mock.call("GET", "/tyk/policies/gold")).json.rate, 1000);
});

test("a request that the gateway refuses is sent once", async () => {
  const publisher = new Publisher({ url: mock.url, secret: "wrong" });
  await assert.rejects(publisher.publish(gold), /403/);
  const journal = await mock.call("GET", "/_mock/journal?status=403");
  assert.equal(journal.json.length, 1);
});

// The playground: sends what is typed to /graphql, and shows the response and the schema.
"use strict";

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } }";
const VALUE = `name description type { ${TYPE} } defaultValue`;
const INTROSPECTION = `{ __schema { description types { kind name description
  fields { name description args { ${VALUE} } type { ${TYPE} } }
  inputFields { ${VALUE} } enumValues { name description } } } }`;
const field = (id) => document.getElementById(id);

// The headers of a request; throws an Error that names the line that is none.
function headers() {
  const all = new Headers({
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json;q=0.9",
  });
  const key = field("key").value.trim();
  if (key) all.set("Authorization", key);
  for (const line of field("headers").value.split("\n").filter((text) => text.trim())) {
    const [, name, value] = line.match(/^\s*([^:\s]+)\s*:\s*(.*?)\s*$/) ?? [];
    if (!name) throw new Error(`"${line}" is no header; write Name: value.`);
    all.set(name, value);
  }
  return all;
}

// The body of a request; the variables go as they are typed, so that 64-bit numbers stay whole.
function body() {
  const variables = field("variables").value.trim() || "{}";
  try {
    JSON.parse(variables);
  } catch (error) {
    throw new Error(`The variables are not valid JSON: ${error.message}`);
  }
  const operation = JSON.stringify(field("operation").value.trim() || null);
  return `{"query":${JSON.stringify(field("query").value)},"operationName":${operation},"variables":${variables}}`;
}

// JSON with line breaks; whole numbers over 53 bits keep their digits where the browser tells them.
function pretty(text) {
  const keep = (_, value, context) =>
    typeof value === "number" && context?.source && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
  try {
    return JSON.stringify(JSON.parse(text, keep), null, 2);
  } catch {
    return text;
  }
}

async function send(text) {
  const response = await fetch("/graphql", { method: "POST", headers: headers(), body: text });
  return { response, text: await response.text() };
}

// What went wrong with the key, and what to do; "" if the key is not the reason.
function complaint(response) {
  if (response.status !== 401) return "";
  field("key").focus();
  return field("key").value ? "The access key is wrong; give another one." : "Give the access key of a user.";
}

async function run() {
  const status = field("status");
  status.textContent = "Running …";
  try {
    const started = performance.now();
    const { response, text } = await send(body());
    const spent = Math.round(performance.now() - started);
    field("response").textContent = pretty(text);
    status.textContent = `${response.status} in ${spent} ms. ${complaint(response)}`.trim();
  } catch (error) {
    field("response").textContent = "";
    status.textContent = error.message;
  }
}

function element(name, text, ...children) {
  const node = document.createElement(name);
  node.textContent = text;
  node.append(...children);
  return node;
}

function typeName(type) {
  if (!type) return "";
  if (type.kind === "NON_NULL") return `${typeName(type.ofType)}!`;
  return type.kind === "LIST" ? `[${typeName(type.ofType)}]` : type.name;
}

function value(item) {
  const standard = item.defaultValue == null ? "" : ` = ${item.defaultValue}`;
  return `${item.name}: ${typeName(item.type)}${standard}`;
}

// The members of a type, as [term, description] pairs.
function members(type) {
  const pairs = [];
  for (const item of type.fields ?? []) {
    const values = item.args.map(value).join(", ");
    pairs.push([`${item.name}${values && `(${values})`}: ${typeName(item.type)}`, item.description]);
    for (const argument of item.args) pairs.push([`… ${argument.name}`, argument.description]);
  }
  for (const item of type.inputFields ?? []) pairs.push([value(item), item.description]);
  for (const item of type.enumValues ?? []) pairs.push([item.name, item.description]);
  return pairs;
}

function describe(type) {
  const list = element("dl", "");
  for (const [term, description] of members(type)) {
    list.append(element("dt", "", element("code", term)));
    if (description) list.append(element("dd", description));
  }
  const open = ["Query", "Mutation"].includes(type.name);
  const details = element("details", "", element("summary", `${type.name} (${type.kind.toLowerCase()})`));
  if (type.description) details.append(element("p", type.description));
  details.append(list);
  details.open = open;
  return details;
}

async function load() {
  const status = field("schema-status");
  status.textContent = "Loading …";
  field("schema").replaceChildren();
  try {
    const { response, text } = await send(JSON.stringify({ query: INTROSPECTION }));
    const answer = JSON.parse(text);
    if (!answer.data) {
      status.textContent = complaint(response) || answer.errors[0].message;
      return;
    }
    const schema = answer.data.__schema;
    const types = schema.types.filter((type) => !type.name.startsWith("__"));
    field("schema").append(...types.map(describe));
    status.textContent = `${types.length} types. ${schema.description ?? ""}`.trim();
  } catch (error) {
    status.textContent = error.message;
  }
}

field("run").addEventListener("click", run);
field("load").addEventListener("click", load);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});

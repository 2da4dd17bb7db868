// Shows the OpenAPI document of this API and lets one call it. Everything is put on the page as text, never as
// markup, and the token stays in its field.
"use strict";

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child may be text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Paragraphs of plain words, with `code` in them. */
function words(text) {
  return (text || "").split("\n\n").filter(Boolean).map((paragraph) =>
    element("p", {}, ...paragraph.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part))));
}

const nameOf = (reference) => reference.split("/").pop();

/** A schema's type in words, as a link where it has a name. */
function typeOf(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return element("a", { href: `#schema-${name}` }, name);
  }
  if (schema.anyOf) return element("span", {}, typeOf(schema.anyOf[0]), " or null");
  if (schema.type === "array") return element("span", {}, "list of ", typeOf(schema.items));
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  return element("span", {}, schema.format ? `${type} (${schema.format})` : type || "anything");
}

/** The fields of an object. */
function fields(schema) {
  const list = element("dl", {});
  for (const [name, field] of Object.entries(schema.properties || {})) {
    const needed = (schema.required || []).includes(name);
    const about = field.enum ? `one of ${field.enum.join(", ")}` : field.description || "";
    list.append(
      element("dt", {}, name),
      element("dd", {}, typeOf(field), element("span", { class: "quiet" }, needed ? " · always" : ""), about ? ` — ${about}` : ""),
    );
  }
  return list;
}

/** A body to begin with: every required field, empty. */
function example(api, schema) {
  const target = schema.$ref ? api.components.schemas[nameOf(schema.$ref)] : schema;
  const empty = (field) => {
    const type = Array.isArray(field.type) ? field.type[0] : field.type;
    return { integer: 0, boolean: false, array: [], string: "" }[type] ?? null;
  };
  const names = target.required || Object.keys(target.properties || {});
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, empty(target.properties[name])])), null, 2);
}

/** A key for one intent. (`randomUUID` is not there on pages without TLS.) */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The headers of an answer that are worth a look. */
const WORTH_A_LOOK = ["location", "retry-after", "ratelimit", "x-correlation-id", "content-type"];

/** Sends a request and shows the answer as it comes, until it ends or is stopped. */
async function send(request, output, stop) {
  output.hidden = false;
  output.textContent = "…";
  try {
    const response = await fetch(request.url, { ...request.options, signal: stop.signal, credentials: "omit" });
    const shown = WORTH_A_LOOK.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
    const head = [`${response.status} ${response.statusText}`, ...shown].join("\n");
    let body = "";
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      body += decoder.decode(part.value, { stream: true });
      output.textContent = `${head}\n\n${body}`;
    }
    try {
      body = JSON.stringify(JSON.parse(body), null, 2);
    } catch { /* It is no JSON: shown as it came. */ }
    output.textContent = `${head}\n\n${body}`;
  } catch (error) {
    output.textContent += error.name === "AbortError" ? "\n\nstopped" : `\n\n${error}`;
  }
}

/** A form that makes a call of an operation. */
function form(api, method, path, operation) {
  const inputs = new Map();
  const rows = [];
  for (const parameter of operation.parameters || []) {
    const key = parameter.name === "Idempotency-Key";
    const input = element("input", { name: parameter.name, required: parameter.required, value: key ? newKey() : null, spellcheck: "false" });
    inputs.set(parameter, input);
    const again = key ? element("button", { type: "button", click: () => { input.value = newKey(); } }, "new") : null;
    rows.push(element("label", { title: parameter.description }, parameter.name), element("span", {}, input, " ", again));
  }
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  const body = content ? element("textarea", { class: "wide", "aria-label": "body", spellcheck: "false" }) : null;
  if (body) body.value = example(api, content.schema);
  const output = element("pre", { hidden: true, tabindex: "0" });
  let stop = new AbortController();
  const submit = (event) => {
    event.preventDefault();
    stop.abort();
    stop = new AbortController();
    const headers = {};
    const query = new URLSearchParams();
    const token = byId("token").value.trim();
    if (token) headers.authorization = `Bearer ${token}`;
    let target = path;
    for (const [parameter, input] of inputs) {
      const value = input.value.trim();
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (value && parameter.in === "query") query.set(parameter.name, value);
      else if (value) headers[parameter.name] = value;
    }
    if (body) headers["content-type"] = "application/json";
    const tail = String(query) ? `?${query}` : "";
    const options = { method: method.toUpperCase(), headers, body: body ? body.value : undefined };
    send({ url: `${api.servers[0].url}${target}${tail}`, options }, output, stop);
  };
  return element("div", {},
    element("form", { submit }, ...rows, body,
      element("span", { class: "wide" }, element("button", {}, "Send"), " ", element("button", { type: "button", click: () => stop.abort() }, "Stop"))),
    output);
}

/** What an operation takes and answers. */
function contract(api, operation) {
  const parts = [];
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) parts.push(element("h3", {}, "Body"), fields(api.components.schemas[nameOf(content.schema.$ref)]));
  const list = element("dl", {});
  for (const [status, answer] of Object.entries(operation.responses)) {
    const known = answer.$ref ? api.components.responses[nameOf(answer.$ref)] : answer;
    const [kind, shown] = Object.entries(known.content)[0];
    list.append(element("dt", {}, status), element("dd", {}, typeOf(shown.schema), element("span", { class: "quiet" }, ` ${kind}`), ` — ${known.description}`));
  }
  parts.push(element("h3", {}, "Answers"), list, element("h3", {}, "Try it"));
  return parts;
}

/** One operation; its inside is made when it is opened. */
function row(api, method, path, operation) {
  const details = element("details", { "data-words": `${method} ${path} ${operation.summary} ${operation.tags}`.toLowerCase() },
    element("summary", {},
      element("span", { class: `method ${method}` }, method.toUpperCase()),
      element("span", { class: "path" }, path),
      element("span", { class: "words" }, operation.summary)));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      details.append(...words(operation.description), ...contract(api, operation), form(api, method, path, operation));
    }
  });
  return details;
}

function show(api) {
  byId("title").textContent = `${api.info.title} ${api.info.version}`;
  byId("about").replaceChildren(...words(api.info.description));
  const sections = new Map(api.tags.map((tag) => [tag.name, element("section", {}, element("h2", {}, tag.name), ...words(tag.description))]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      sections.get(operation.tags[0]).append(row(api, method, path, operation));
    }
  }
  byId("operations").replaceChildren(...sections.values());
  byId("schemas").replaceChildren(...Object.entries(api.components.schemas).map(([name, schema]) =>
    element("details", { id: `schema-${name}` }, element("summary", {}, element("span", { class: "path" }, name)), ...words(schema.description), fields(schema))));
}

function find() {
  const wanted = byId("find").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const details of section.querySelectorAll("details")) {
      details.hidden = !details.dataset.words.includes(wanted);
      any = any || !details.hidden;
    }
    section.hidden = !any;
  }
}

/** A link to a schema opens it. */
function openTarget() {
  const target = byId(location.hash.slice(1));
  if (target) target.open = true;
}

addEventListener("hashchange", openTarget);
byId("find").addEventListener("input", find);
fetch("/api/v1/openapi.json")
  .then((response) => response.json())
  .then((api) => { show(api); openTarget(); })
  .catch((error) => { byId("operations").textContent = `The document cannot be shown: ${error}`; });

// TypeScript types from the server's OpenAPI document: `python -m runstone.server.openapi | npm run --silent types`.
// Prints nothing; writes src/api/schema.gen.ts. With --check it writes nothing and fails when the file is stale.
import { readFileSync, writeFileSync } from "node:fs";

const target = new URL("../src/api/schema.gen.ts", import.meta.url);

function type(schema) {
  if (schema === true || schema === undefined) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return [...new Set(union.map(type))].join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one })).join(" | ");
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array": {
      const item = type(schema.items);
      return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      if (schema.properties) return fields(schema, "  ");
      return `Record<string, ${type(schema.additionalProperties)}>`;
    default:
      return "unknown";
  }
}

function fields(schema, indent) {
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties).map(([name, value]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${indent}${key}${required.has(name) ? "" : "?"}: ${type(value)};`;
  });
  return `{\n${lines.join("\n")}\n}`;
}

function comment(text) {
  return text ? `/** ${text.replace(/\s*\n\s*/g, " ").replaceAll("*/", "* /").trim()} */\n` : "";
}

export function generate(document) {
  const schemas = document.components?.schemas ?? {};
  const parts = Object.keys(schemas)
    .sort()
    .map((name) => {
      const schema = schemas[name];
      const head = comment(schema.description);
      return schema.properties
        ? `${head}export interface ${name} ${fields(schema, "  ")}\n`
        : `${head}export type ${name} = ${type(schema)};\n`;
    });
  return `// Made by scripts/types.mjs from the server's OpenAPI document. Do not edit.\n\n${parts.join("\n")}`;
}

const text = generate(JSON.parse(readFileSync(0, "utf8")));
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/api/schema.gen.ts is stale: python -m runstone.server.openapi | npm run --silent types");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}

import { useMemo } from "react";
import { type Field, readModel } from "../../../lib/content/model";
import { Snippet } from "../../../ui/Snippet";
import s from "../Artifacts.module.css";
import { PlainText } from "./PlainText";

/** The MLmodel file of the model at a URI: how to load it, what it takes and gives, then the file itself. */
export function ModelFile({ uri, text }: { uri: string; text: string }) {
  const model = useMemo(() => readModel(text), [text]);
  const code = `import runstone.pyfunc\n\nmodel = runstone.pyfunc.load_model("${uri}")\nmodel.predict(data)`;
  return (
    <>
      <div className={s.load}>
        <Snippet code={code} what="the code that loads the model" />
        <p>
          {model.flavors.map((flavor) => (
            <code key={flavor}>{flavor} </code>
          ))}
        </p>
        {(["inputs", "outputs", "params"] as const).map((part) => model[part] && <Fields key={part} name={part} fields={model[part]} />)}
        {!model.inputs && !model.outputs && <p>No signature: log the model with an example of its input to have one.</p>}
        {model.facts.map(([name, value]) => (
          <p key={name} className={s.fact}>
            {name} <code>{value}</code>
          </p>
        ))}
      </div>
      <details className={s.load}>
        <summary>The file</summary>
        <PlainText text={text} />
      </details>
    </>
  );
}

function Fields({ name, fields }: { name: string; fields: readonly Field[] }) {
  return (
    <table className={s.sheet} aria-label={name}>
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">type</th>
        </tr>
      </thead>
      <tbody>
        {fields.slice(0, 200).map((field) => (
          <tr key={field.name}>
            <td>{field.name}</td>
            <td>
              {field.type}
              {field.optional && ", optional"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A model of a run becomes the next version of a registered model. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { modelsQuery, runModelsQuery, useRegister } from "../../api/models";
import { tableQuery } from "../../api/runs";
import { quoteText } from "../../lib/filter";
import { Dialog } from "../../ui/Dialog";
import { FieldError, TextArea, TextField } from "../../ui/Field";
import s from "./Models.module.css";

/** Without `runId` the run is searched for first; `name` is that of a registered model to go on with. */
export function RegisterDialog({ runId = "", name = "", onClose }: { runId?: string; name?: string; onClose: () => void }) {
  const [run, setRun] = useState(runId);
  const [model, setModel] = useState(0);
  const [target, setTarget] = useState(name);
  const [description, setDescription] = useState("");
  const register = useRegister();
  const navigate = useNavigate();
  const found = useQuery({ ...runModelsQuery(run), enabled: run !== "" });
  const known = useQuery(modelsQuery());
  const models = found.data?.models ?? [];
  const one = models[model] ?? models[0];
  const wanted = target.trim();
  const submit = () => {
    if (!one) return;
    const body = one.model_id ? { model_id: one.model_id } : { run_id: run, path: one.path };
    register.mutate(
      { name: wanted, body: { ...body, description: description.trim() } },
      {
        onSuccess: (made) =>
          void navigate({ to: "/models/$name/versions/$version", params: { name: made.name, version: String(made.version) } }),
      },
    );
  };
  return (
    <Dialog title="Register a model" action="Register" disabled={!one || !wanted || register.isPending} onAction={submit} onClose={onClose}>
      {!runId && <RunChoice run={run} onRun={setRun} />}
      {found.isError && <FieldError error={found.error} />}
      {run && found.data && models.length === 0 && <p role="status">This run has logged no model.</p>}
      {models.length > 0 && (
        <label className={s.field}>
          Model of the run
          <select className={s.select} value={model} onChange={(event) => setModel(Number(event.target.value))}>
            {models.map((each, i) => (
              <option key={each.model_id || each.path} value={i}>
                {each.name}
                {each.versions.length > 0 ? ` (registered: ${each.versions.map((version) => `${version.name} v${version.version}`).join(", ")})` : ""}
              </option>
            ))}
          </select>
        </label>
      )}
      <TextField label="Registered model (a new name makes one)" value={target} list="registered-models" onChange={(event) => setTarget(event.target.value)} />
      <datalist id="registered-models">
        {known.data?.models.map((each) => (
          <option key={each.name} value={each.name} />
        ))}
      </datalist>
      <TextArea label="What is it, why is it good?" value={description} onChange={setDescription} />
      <FieldError error={register.error} />
    </Dialog>
  );
}

function RunChoice({ run, onRun }: { run: string; onRun: (id: string) => void }) {
  const [text, setText] = useState("");
  const filter = text.trim() ? `attributes.run_name ILIKE ${quoteText(`%${text.trim()}%`)} OR attributes.run_id LIKE ${quoteText(`${text.trim()}%`)}` : "";
  const { data } = useQuery(tableQuery({ experiment_ids: [], filter, order_by: [], view: "active", columns: [] }, 0, 20));
  return (
    <>
      <TextField label="Search runs by name or id" value={text} onChange={(event) => setText(event.target.value)} autoFocus />
      <label className={s.field}>
        Run
        <select className={s.select} value={run} onChange={(event) => onRun(event.target.value)}>
          <option value="">{data?.matched ? "choose one" : "none fits"}</option>
          {data?.run_ids.map((id, i) => (
            <option key={id} value={id}>
              {data.names[i] || id.slice(0, 8)} · {id.slice(0, 8)}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** A registered model: aliases, and its versions with the metrics of their runs. */

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../../api/http";
import { modelQuery, useEditModel } from "../../api/models";
import type { ModelDetail } from "../../api/schema.gen";
import { marked } from "../../api/session";
import { Button, IconButton } from "../../ui/Button";
import { CopyButton } from "../../ui/Copy";
import { Empty, Trouble, Waiting } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { MoreMenu } from "../../ui/MoreMenu";
import { Page } from "../../ui/Page";
import { Divider, MenuItem } from "../../ui/Popover";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import { AliasChip, Part } from "./Chips";
import { DeleteModelDialog, RenameModelDialog, TextDialog } from "./ModelDialogs";
import { History } from "./History";
import s from "./Models.module.css";
import { DropAliasDialog, MoveAliasDialog } from "./MoveDialog";
import { PROTECTED } from "./protection";
import { RegisterDialog } from "./RegisterDialog";
import { Requests } from "./Requests";
import { Tags } from "./Tags";
import { VersionTable } from "./VersionTable";

export type Asking = { what: "rename" | "delete" | "describe" | "register" | "protect" } | { what: "alias" | "drop"; alias: string; version: number | null };

export function ModelPage({ name, onCompare }: { name: string; onCompare: (versions: readonly number[]) => void }) {
  const { data: model, error, refetch } = useQuery(modelQuery(name));
  const [asking, setAsking] = useState<Asking | null>(null);
  if (error instanceof ApiError && error.status === 404) return <NoModel name={name} />;
  if (error && !model) {
    return (
      <Page title={name}>
        <Trouble error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (!model) return <Page title={name}><Waiting what="the model" /></Page>;
  const edit = model.may !== "read";
  return (
    <Page
      title={name}
      heading={<span dir="auto">{name}</span>}
      actions={
        <>
          <CopyButton text={`models:/${name}`} what="the model's URI" word="Copy URI" />
          {edit && (
            <Button kind="primary" icon="plus" onClick={() => setAsking({ what: "register" })}>
              New version
            </Button>
          )}
          {edit && <Actions name={name} manage={model.may === "manage"} onAsk={setAsking} />}
        </>
      }
    >
      <p className={s.facts}>
        <span>
          made <Ago time={model.created} />
        </span>
        <span>
          changed <Ago time={model.updated} />
        </span>
        {!edit && <span>you may look at it, not change it</span>}
        {model.tags[PROTECTED] && <span title="by an approved request alone">protected: {model.tags[PROTECTED]}</span>}
      </p>
      {model.description && (
        <p className={s.description} dir="auto">
          {model.description}
        </p>
      )}
      <Aliases model={model} edit={edit} onAsk={setAsking} />
      <ModelTags model={model} edit={edit} />
      <Requests name={name} />
      <VersionTable model={model} onCompare={onCompare} />
      <History name={name} />
      {asking && <Dialogs model={model} asking={asking} onClose={() => setAsking(null)} />}
    </Page>
  );
}

function Actions({ name, manage, onAsk }: { name: string; manage: boolean; onAsk: (asking: Asking) => void }) {
  const navigate = useNavigate();
  const item = (what: "rename" | "delete" | "describe" | "protect", close: () => void) => () => {
    close();
    onAsk({ what });
  };
  return (
    <MoreMenu>
      {(close) => (
        <>
          <MenuItem onChoose={item("describe", close)}>
            <Icon name="edit" /> Describe…
          </MenuItem>
          <MenuItem onChoose={item("rename", close)}>
            <Icon name="edit" /> Rename…
          </MenuItem>
          {manage && marked() && (
            <MenuItem
              onChoose={() => {
                close();
                void navigate({ to: "/models/$name/permissions", params: { name } });
              }}
            >
              <Icon name="lock" /> Permissions
            </MenuItem>
          )}
          {manage && (
            <>
              <MenuItem onChoose={item("protect", close)}>
                <Icon name="lock" /> Protect…
              </MenuItem>
              <Divider />
              <MenuItem onChoose={item("delete", close)}>
                <Icon name="trash" /> Delete…
              </MenuItem>
            </>
          )}
        </>
      )}
    </MoreMenu>
  );
}

function Aliases({ model, edit, onAsk }: { model: ModelDetail; edit: boolean; onAsk: (asking: Asking) => void }) {
  const aliases = Object.entries(model.aliases);
  if (aliases.length === 0 && !edit) return null;
  return (
    <Part
      title="Aliases"
      tools={
        edit &&
        model.versions.length > 0 && (
          <Button kind="quiet" icon="plus" onClick={() => onAsk({ what: "alias", alias: "", version: null })}>
            Add
          </Button>
        )
      }
    >
      {aliases.length === 0 && <p className={s.faint}>None. An alias such as @champion is what programs load; it can be moved without telling them.</p>}
      <div className={s.chips} data-testid="aliases">
        {aliases.map(([alias, version]) => (
          <AliasChip key={alias} alias={alias} version={version}>
            {edit && <IconButton icon="edit" label={`Move @${alias}`} onClick={() => onAsk({ what: "alias", alias, version: null })} />}
            {model.may === "manage" && <IconButton icon="cross" label={`Remove @${alias}`} onClick={() => onAsk({ what: "drop", alias, version })} />}
          </AliasChip>
        ))}
      </div>
    </Part>
  );
}

function ModelTags({ model, edit }: { model: ModelDetail; edit: boolean }) {
  const change = useEditModel();
  return (
    <Tags
      tags={model.tags}
      edit={edit}
      saving={change.isPending}
      error={change.error}
      onChange={(tags) => change.mutateAsync({ name: model.name, edit: { tags } })}
    />
  );
}

function Dialogs({ model, asking, onClose }: { model: ModelDetail; asking: Asking; onClose: () => void }) {
  const change = useEditModel();
  const { name } = model;
  switch (asking.what) {
    case "rename":
      return <RenameModelDialog model={model} onClose={onClose} />;
    case "delete":
      return <DeleteModelDialog model={model} onClose={onClose} />;
    case "register":
      return <RegisterDialog name={name} onClose={onClose} />;
    case "alias":
      return <MoveAliasDialog name={name} alias={asking.alias} version={asking.version} onClose={onClose} />;
    case "drop":
      return <DropAliasDialog name={name} alias={asking.alias} version={asking.version ?? 0} onClose={onClose} />;
    case "protect":
      return (
        <TextDialog
          title="What moves only by an approved request"
          label="Stages, and aliases with @, such as “Production @champion”. * is every stage, @* every alias; nothing: all may be moved."
          text={model.tags[PROTECTED] ?? ""}
          saving={change.isPending}
          error={change.error}
          onClose={onClose}
          onSave={(text) => change.mutate({ name, edit: { tags: { [PROTECTED]: text || null } } }, { onSuccess: onClose })}
        />
      );
    case "describe":
      return (
        <TextDialog
          title="Describe the model"
          label="Description"
          text={model.description}
          saving={change.isPending}
          error={change.error}
          onClose={onClose}
          onSave={(description) =>
            change.mutate(
              { name, edit: { description } },
              {
                onSuccess: () => {
                  onClose();
                  say("Description saved");
                },
              },
            )
          }
        />
      );
  }
}

export function NoModel({ name }: { name: string }) {
  return (
    <Page title="Model not found" heading="No such model">
      <Empty icon="model" title="It is not registered here">
        <p className="mono" dir="auto">
          {name}
        </p>
        <p>
          It may have been renamed or deleted. <Link to="/models">To the models</Link>
        </p>
      </Empty>
    </Page>
  );
}

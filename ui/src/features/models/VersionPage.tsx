/** One version: what it scored, what it takes and gives, where it comes from, how to use it. */

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../../api/http";
import { useDeleteVersion, useEditVersion, versionQuery } from "../../api/models";
import type { VersionDetail } from "../../api/schema.gen";
import { Button, buttonClass } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Empty, Trouble, Waiting } from "../../ui/Empty";
import { FieldError } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { MoreMenu } from "../../ui/MoreMenu";
import { Page } from "../../ui/Page";
import { Divider, MenuItem } from "../../ui/Popover";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import { AliasChip, Part, Stage, VersionState } from "./Chips";
import { Comments } from "./Comments";
import { Lineage } from "./Lineage";
import { TextDialog } from "./ModelDialogs";
import s from "./Models.module.css";
import { MoveAliasDialog, MoveStageDialog } from "./MoveDialog";
import { Requests } from "./Requests";
import { Tags } from "./Tags";
import { Datasets, Metrics, ModelMetrics, Moves, Params, SignatureTables, Usage } from "./VersionParts";

type Asking = "alias" | "stage" | "describe" | "delete";

export function VersionPage({ name, version }: { name: string; version: number }) {
  const { data, error, refetch } = useQuery(versionQuery(name, version));
  const title = `${name} version ${version}`;
  if (error instanceof ApiError && error.status === 404) return <NoVersion name={name} version={version} />;
  if (error && !data) {
    return (
      <Page title={title}>
        <Trouble error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (!data) return <Page title={title}><Waiting what="the version" /></Page>;
  return <Whole found={data} title={title} />;
}

function Whole({ found, title }: { found: VersionDetail; title: string }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const change = useEditVersion();
  const { name, version, row } = found;
  const edit = found.may !== "read";
  return (
    <Page
      title={title}
      heading={
        <span className={s.heading}>
          <bdi>{name}</bdi> version {version}
          {row.aliases.map((alias) => (
            <AliasChip key={alias} alias={alias} />
          ))}
          <Stage stage={row.stage} />
          <VersionState row={row} />
        </span>
      }
      actions={<Actions found={found} onAsk={setAsking} />}
    >
      <p className={s.facts}>
        <span>
          made <Ago time={row.created} />
        </span>
        {row.user_id && <span>by {row.user_id}</span>}
        <span className="mono" dir="auto">
          {row.source}
        </span>
      </p>
      {row.status_message && <p className={s.wrong}>{row.status_message}</p>}
      {row.description && (
        <p className={s.description} dir="auto">
          {row.description}
        </p>
      )}
      <div className={s.columns}>
        <div className={s.column}>
          <Metrics found={found} />
          <ModelMetrics found={found} />
          <SignatureTables found={found} />
          <Params params={found.params} />
        </div>
        <div className={s.column}>
          <Part title="Where it comes from">
            <Lineage found={found} />
          </Part>
          <Requests name={name} version={version} />
          <Usage found={found} />
          <Tags
            tags={row.tags}
            edit={edit}
            saving={change.isPending}
            error={change.error}
            onChange={(tags) => change.mutateAsync({ name, version, edit: { tags } })}
          />
          <Datasets found={found} />
          <Moves moves={found.moves} />
          <Comments name={name} version={version} />
        </div>
      </div>
      {asking && <Dialogs found={found} asking={asking} onClose={() => setAsking(null)} />}
    </Page>
  );
}

function Actions({ found, onAsk }: { found: VersionDetail; onAsk: (asking: Asking) => void }) {
  const { name, version } = found;
  const edit = found.may !== "read";
  const beside = (to: number | null, word: string) =>
    to !== null && (
      <Link to="/models/$name/versions/$version" params={{ name, version: String(to) }} className={buttonClass("quiet")} title={`${word} version`}>
        {word === "Previous" ? "‹" : ""} v{to} {word === "Next" ? "›" : ""}
      </Link>
    );
  return (
    <>
      {beside(found.previous, "Previous")}
      {beside(found.next, "Next")}
      {found.previous !== null && (
        <Link to="/models/$name/compare" params={{ name }} search={{ v: `${found.previous},${version}` }} className={buttonClass()}>
          <Icon name="compare" /> Compare with v{found.previous}
        </Link>
      )}
      {edit && (
        <>
          <Button onClick={() => onAsk("stage")}>Stage…</Button>
          <Button kind="primary" onClick={() => onAsk("alias")}>
            Alias…
          </Button>
          <MoreMenu>
            {(close) => (
              <>
                <MenuItem
                  onChoose={() => {
                    close();
                    onAsk("describe");
                  }}
                >
                  <Icon name="edit" /> Describe…
                </MenuItem>
                {found.may === "manage" && (
                  <>
                    <Divider />
                    <MenuItem
                      onChoose={() => {
                        close();
                        onAsk("delete");
                      }}
                    >
                      <Icon name="trash" /> Delete…
                    </MenuItem>
                  </>
                )}
              </>
            )}
          </MoreMenu>
        </>
      )}
    </>
  );
}

function Dialogs({ found, asking, onClose }: { found: VersionDetail; asking: Asking; onClose: () => void }) {
  const change = useEditVersion();
  const remove = useDeleteVersion();
  const navigate = useNavigate();
  const { name, version, row } = found;
  switch (asking) {
    case "alias":
      return <MoveAliasDialog name={name} alias="" version={version} onClose={onClose} />;
    case "stage":
      return <MoveStageDialog name={name} version={version} stage={row.stage} onClose={onClose} />;
    case "describe":
      return (
        <TextDialog
          title="Describe the version"
          label="What is it, why is it good?"
          text={row.description}
          saving={change.isPending}
          error={change.error}
          onClose={onClose}
          onSave={(description) => change.mutate({ name, version, edit: { description } }, { onSuccess: onClose })}
        />
      );
    case "delete":
      return (
        <Dialog
          title={`Delete version ${version} for ever?`}
          action="Delete"
          disabled={remove.isPending}
          onClose={onClose}
          onAction={() =>
            remove.mutate(
              { name, version },
              {
                onSuccess: () => {
                  say(`Deleted version ${version} of “${name}”`);
                  void navigate({ to: "/models/$name", params: { name } });
                },
              },
            )
          }
        >
          <p>
            Its number is not used again, and it does not go to the trash. The run keeps the model's files.
            {row.aliases.length > 0 && ` @${row.aliases.join(", @")} will stand for nothing.`}
          </p>
          <FieldError error={remove.error} />
        </Dialog>
      );
  }
}

function NoVersion({ name, version }: { name: string; version: number }) {
  return (
    <Page title="Version not found" heading="No such version">
      <Empty icon="model" title={`There is no version ${Number.isNaN(version) ? "of this number" : version} of ${name}`}>
        <p>
          It may have been deleted: numbers are not used again.{" "}
          <Link to="/models/$name" params={{ name }}>
            To its other versions
          </Link>
        </p>
      </Empty>
    </Page>
  );
}

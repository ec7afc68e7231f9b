// Made by scripts/types.mjs from the server's OpenAPI document. Do not edit.

/** ``current_password`` is needed to change one's own password. */
export interface AccountEdit {
  password?: string;
  current_password?: string;
  is_admin?: boolean;
}

export interface AccountRow {
  username: string;
  is_admin: boolean;
  has_password: boolean;
  groups: string[];
  creation_time: number;
}

export interface Accounts {
  users: AccountRow[];
}

/** One array of a NumPy file. ``cells`` are its first values, the last axis across and all others down; ``low``, ``high`` and ``mean`` are of the finite ones, null where there are none or the array is too large to be read whole; ``note`` says why something is not shown. */
export interface ArrayPreview {
  name: string;
  dtype: string;
  shape: number[];
  cells: ((number | string | null)[])[];
  low: number | "-Infinity" | "Infinity" | "NaN" | null;
  high: number | "-Infinity" | "Infinity" | "NaN" | null;
  mean: number | "-Infinity" | "Infinity" | "NaN" | null;
  not_finite: number;
  note: string;
}

/** One level below ``path``, folders with ``file_size`` null. ``root_uri`` is where the run keeps them. */
export interface Artifacts {
  root_uri: string;
  files: FileInfo[];
}

/** Lists are equally long; null where no run reaches. ``group`` are the values of the group's columns, ``runs`` how many runs it has that logged the key, ``points`` how many points these have in this range, ``counts`` the runs in each bin. ``least`` and ``greatest`` are the extremes of all points. */
export interface BandAnswer {
  key: string;
  group: (string | null)[];
  runs: number;
  points: number;
  xs: number[];
  middle: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  low: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  high: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  least: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  greatest: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  counts: number[];
}

/** ``matched`` runs fit the filter, ``used`` of them, the newest, were looked at, in ``groups`` groups, the largest of which are there. */
export interface BandsAnswer {
  matched: number;
  used: number;
  groups: number;
  bands: BandAnswer[];
}

/** The runs of a table (``experiment_ids``, ``filter``, ``view`` as there) as one band for each key, or one for each combination of the values of the columns in ``group`` (``params.KEY``, ``tags.KEY``, ``attributes.NAME``). ``axis``: steps, milliseconds since 1970, or milliseconds since the run's start; ``start`` and ``end`` are places on it. ``kind``: median with the 10 to 90 % of the runs, or mean with its 95 % interval. ``log``: bins equally wide in the logarithm of the place. */
export interface BandsRequest {
  keys: string[];
  experiment_ids?: string[];
  filter?: string;
  view?: "active" | "all" | "deleted";
  group?: string[];
  axis?: "relative" | "step" | "time";
  kind?: "mean" | "quantiles";
  bins?: number;
  start?: number | null;
  end?: number | null;
  log?: boolean;
}

/** The best of all runs that match, on the page or not, by this statistic of the metric ``key``. */
export interface Best {
  key: string;
  direction: "max" | "min";
  run_id: string;
  value: number | "-Infinity" | "Infinity" | "NaN";
  statistic: "first" | "last" | "max" | "mean" | "min";
  unit: string;
}

/** ``None``: not there. */
export interface Change {
  name: string;
  before: string | null;
  after: string | null;
}

/** Data of the event ``changes``. ``more``: others changed too, ask for everything again. */
export interface ChangesEvent {
  cursor: number;
  run_ids: string[];
  experiment_ids: string[];
  more: boolean;
}

/** ``values[i]`` belongs to ``run_ids[i]``; null where the run has none. */
export interface Column {
  column: string;
  values: (number | string | null)[];
}

export interface CommentRow {
  comment_id: string;
  user_id: string;
  comment: string;
  created: number;
  updated: number;
  may: ("delete" | "edit")[];
}

export interface CommentText {
  comment: string;
}

/** Oldest first. ``may_add``: whether the caller can write one. */
export interface Comments {
  comments: CommentRow[];
  may_add: boolean;
}

/** Runs to hold against each other. Without ``metric``, ``direction`` and ``statistic`` they are what the experiment says, or guessed from names; ``baseline`` is one of the runs, the first if not given; ``level`` is that of the intervals. */
export interface CompareRequest {
  run_ids: string[];
  metric?: string | null;
  direction?: "max" | "min" | null;
  baseline?: string | null;
  statistic?: "best" | "first" | "last" | "max" | "mean" | "min" | null;
  level?: number;
}

/** Runs to show side by side, by id or the beginning of one. ``contains`` is part of the keys that are wanted. */
export interface CompareRunsRequest {
  run_ids: string[];
  contains?: string;
}

/** One metric of all runs, in their order; null: not logged. ``low``, ``high`` and ``mean`` leave NaN out. */
export interface ComparedMetric {
  key: string;
  last: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  low: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  high: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  mean: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  first: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
}

/** One param of all runs, in their order; null: not logged. */
export interface ComparedParam {
  key: string;
  values: (string | null)[];
}

/** ``identity``: digests of the five layers; equal ones mean the same, empty ones that nothing is known. */
export interface ComparedRun {
  info: RunInfo;
  experiment_name: string;
  tags: Record<string, string>;
  inputs: DatasetInput[];
  model_outputs: LoggedModelOutput[];
  identity: Identity;
}

/** ``lost`` are the ids asked for of which no run, or more than one, is there. The totals count keys that match. ``meanings`` is what the experiments say of these metrics. */
export interface ComparedRuns {
  runs: ComparedRun[];
  metrics: ComparedMetric[];
  params: ComparedParam[];
  metrics_total: number;
  params_total: number;
  lost: string[];
  meanings: Record<string, Meaning>;
}

/** ``groups[baseline]`` is what the others are held against; ``str()`` gives the plain words. ``further``: ids of runs that differ from one of these only in their seed and were not compared, where somebody looked for them. */
export interface Comparison {
  metric: string;
  direction: string;
  statistic: string;
  level: number;
  baseline: number;
  groups: Group[];
  verdicts: Verdict[];
  words: string;
  unit: string;
  further: string[];
}

/** ``next`` is the ``after`` of the next question; ``more`` says that asking at once gives more. */
export interface ConsoleAnswer {
  pieces: Piece[];
  next: number;
  more: boolean;
}

/** A dataset's identity. ``source``, ``schema`` and ``profile`` are JSON texts. */
export interface Dataset {
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

/** A dataset as a run used it; the tag ``mlflow.data.context`` says for what (training, validation …). */
export interface DatasetInput {
  dataset: Dataset;
  tags: InputTag[];
}

/** Newest first. */
export interface Deliveries {
  deliveries: DeliveryRow[];
}

/** One message: ``due`` is when it is sent next, while it waits. ``number`` is text: it may have 19 digits. */
export interface DeliveryRow {
  delivery_id: string;
  number: string;
  event: string;
  body: string;
  time: number;
  state: string;
  attempts: number;
  due: number;
  response_status: number | null;
  error: string;
  finished: number | null;
}

export interface DocumentAnswer {
  name: string;
  media_type: string;
  text: string;
}

/** ``size`` is in bytes. */
export interface DocumentInfo {
  name: string;
  media_type: string;
  size: number;
}

/** It is done. */
export interface Done {

}

/** In order of the keys. ``matched`` runs there are; 0 where no param was worth looking at. */
export interface EqualAnswer {
  matched: number;
  params: EqualParam[];
}

/** ``runs`` of those that match have it, all of them with this value. */
export interface EqualParam {
  key: string;
  value: string;
  runs: number;
}

/** Which params have one value in all runs that match. No ``experiment_ids``: every active experiment. */
export interface EqualRequest {
  experiment_ids?: string[];
  filter?: string;
  view?: "active" | "all" | "deleted";
}

/** The one shape of an error. A wrong filter adds where it is wrong (half-open range of characters) and what would work. */
export interface Error {
  error_code: string;
  message: string;
  start?: number | null;
  end?: number | null;
  expected?: string[] | null;
}

/** A tag set to null is removed. ``deleted`` moves the experiment to the trash or back. */
export interface ExperimentEdit {
  name?: string;
  tags?: Record<string, string | null>;
  deleted?: boolean;
}

/** ``runs`` counts active runs, ``running`` those that run now; ``last_activity`` is the newest start or end of one. ``default_view`` is what a plain link to its runs shows; ``tags`` are without saved views; ``metrics`` are those of which tags say the direction, the statistic that counts or the unit. */
export interface ExperimentRow {
  experiment_id: string;
  name: string;
  lifecycle_stage: "active" | "deleted";
  artifact_location: string;
  tags: Record<string, string>;
  creation_time: number | null;
  last_update_time: number | null;
  runs: number;
  running: number;
  last_activity: number | null;
  objective: Objective | null;
  default_view: SavedView | null;
  metrics: Record<string, Meaning>;
}

export interface Experiments {
  experiments: ExperimentRow[];
}

/** ``path`` is relative to the run's artifact root, with ``/``; ``file_size`` is bytes, ``None`` for a folder. */
export interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size: number | null;
}

/** ``rows`` is how many the whole table has, ``columns_total`` how many columns; ``cells`` is row by row, null where a value is missing, texts cut where they are long. ``size`` is that of the file in bytes. */
export interface FilePreview {
  kind: "arrays" | "table";
  size: number;
  rows: number;
  columns_total: number;
  columns: PreviewColumn[];
  cells: ((number | string | null)[])[];
  arrays: ArrayPreview[];
}

/** Whether the caller is the one who writes to the folder. */
export interface FolderTaken {
  taken: boolean;
}

/** ``path`` is a folder of the served artifacts, ``last`` the file that its writer puts there in the end; empty: done. */
export interface FolderWanted {
  path: string;
  last?: string;
}

/** At most ``limit`` of each kind; keys most used first, the rest newest or by name. */
export interface Found {
  runs: FoundRun[];
  experiments: FoundExperiment[];
  models: FoundModel[];
  metrics: string[];
  params: string[];
}

export interface FoundExperiment {
  experiment_id: string;
  name: string;
}

/** ``latest`` is the highest version, null before the first. */
export interface FoundModel {
  name: string;
  latest: number | null;
}

/** ``because`` says what fits when it is not the name: the id, or a tag as ``key=value``. */
export interface FoundRun {
  run_id: string;
  name: string;
  status: string;
  experiment_id: string;
  experiment_name: string;
  start: number | null;
  because: string;
}

export interface GrantRow {
  grant_id: number;
  username: string;
  group: string;
  resource_type: string;
  resource: string;
  permission: string;
}

/** ``default_permission``: what everybody else may, where no grant speaks. */
export interface Grants {
  grants: GrantRow[];
  default_permission: string;
}

/** Runs that differ only in their seed. ``values`` are their finite values of the metric; ``left_out`` counts those without one (not logged, NaN, infinite, beyond 1e150). ``deviation`` is of the sample, ``None`` below two values. */
export interface Group {
  name: string;
  run_ids: string[];
  values: number[];
  left_out: number;
  mean: number | null;
  deviation: number | null;
}

/** Users to add and to take out; another name or description. */
export interface GroupEdit {
  add?: string[];
  remove?: string[];
  name?: string;
  description?: string;
}

export interface GroupRow {
  group_id: number;
  name: string;
  description: string;
  members: string[];
}

/** Of each group of the answer: ``n`` runs that have a number (NaN is none), their mean, sample deviation (null below two), the best one and the run that has it. ``direction`` says which is best. */
export interface GroupedColumn {
  column: string;
  direction: "max" | "min";
  n: number[];
  mean: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  deviation: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  best: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
  best_run: (string | null)[];
}

export interface Groups {
  groups: GroupRow[];
}

/** ``by`` are the columns grouped by and ``values[i]`` what the runs of group ``i`` share there; ``runs`` counts them. ``total`` groups there are, of ``matched`` runs. */
export interface GroupsAnswer {
  by: string[];
  total: number;
  matched: number;
  offset: number;
  values: ((number | string | null)[])[];
  runs: number[];
  columns: GroupedColumn[];
}

/** All runs that match, grouped by what they share. ``by`` names columns, as in a runs table; empty: all params that vary, but seeds. ``columns`` are numbers to tell of each group. ``order_by`` is ``runs`` or one of ``columns`` (its mean) or of ``by``, with ``-`` before it for descending; empty: the groups with the best objective first, or with the most runs. */
export interface GroupsRequest {
  experiment_ids?: string[];
  filter?: string;
  view?: "active" | "all" | "deleted";
  by?: string[];
  columns?: string[];
  order_by?: string;
  offset?: number;
  limit?: number;
}

/** The objective's value of the run that a version comes from. */
export interface Headline {
  key: string;
  direction: "max" | "min";
  value: number | "-Infinity" | "Infinity" | "NaN";
  statistic: "first" | "last" | "max" | "mean" | "min";
  unit: string;
}

/** ``problems`` in words, none when sound; ``facts`` are counts and sizes (bytes) worth showing. */
export interface Health {
  status: "ok" | "trouble";
  uri: string;
  schema: string;
  problems: string[];
  facts: Record<string, number | string>;
}

/** A digest for each layer. */
export interface Identity {
  code: string;
  config: string;
  environment: string;
  data: string;
  seed: string;
}

/** The most important param first. ``runs`` have a finite value, ``used`` of them were looked at; ``explained`` is the share of the variance that the model explains of runs it has not seen, and ``words`` say what that means. */
export interface ImportanceAnswer {
  matched: number;
  runs: number;
  used: number;
  explained: number | null;
  words: string;
  params: ParamImportance[];
}

/** ``metric`` is a column of the runs table, ``metrics.KEY`` or ``metrics.KEY:max``; no ``params``: those that vary. */
export interface ImportanceRequest {
  metric: string;
  experiment_ids?: string[];
  filter?: string;
  view?: "active" | "all" | "deleted";
  params?: string[];
}

/** What is behind this server. ``store`` is its address without a password; ``started`` when this process began. */
export interface Info {
  version: string;
  store: string;
  started: number;
}

export interface InputTag {
  key: string;
  value: string;
}

/** ``runs`` that have it; ``distinct`` values it takes there, counted up to 2: over 1 means that it varies. */
export interface Key {
  key: string;
  runs: number;
  distinct: number;
}

export interface Keys {
  keys: Key[];
}

/** ``same`` is ``None`` where too little was recorded to tell. ``text`` is a unified diff, where there is one. */
export interface LayerChange {
  layer: string;
  same: boolean | null;
  changes: Change[];
  text: string;
}

export interface LoggedModelInput {
  model_id: string;
}

export interface LoggedModelOutput {
  model_id: string;
  step: number;
}

/** What was said of a metric. ``direction``: which end is good, ``None`` where nobody said; ``statistic``: the value of its series that counts; ``unit``: in what it is measured, empty where nobody said. */
export interface Meaning {
  direction: "max" | "min" | null;
  statistic: "first" | "last" | "max" | "mean" | "min";
  unit: string;
}

/** Last values; null: not logged. */
export interface MetricMove {
  name: string;
  before: number | "-Infinity" | "Infinity" | "NaN" | null;
  after: number | "-Infinity" | "Infinity" | "NaN" | null;
}

/** How many metrics of one point, and of more, begin with ``name``. */
export interface MetricSection {
  name: string;
  single: number;
  more: number;
}

/** A whole series in few numbers. ``min``, ``max`` and ``mean`` ignore NaN and are null when every value is NaN; a mean is also null where there are infinities of both signs. */
export interface MetricSummary {
  key: string;
  count: number;
  nans: number;
  first: number | "-Infinity" | "Infinity" | "NaN";
  first_step: number;
  first_timestamp: number;
  last: number | "-Infinity" | "Infinity" | "NaN";
  last_step: number;
  last_timestamp: number;
  min: number | "-Infinity" | "Infinity" | "NaN" | null;
  min_step: number | null;
  max: number | "-Infinity" | "Infinity" | "NaN" | null;
  max_step: number | null;
  mean: number | "-Infinity" | "Infinity" | "NaN" | null;
}

/** A window of the ``matched`` metrics of a run that has ``own`` and ``system`` ones. Of an order by section all sections, where the window is the first. */
export interface Metrics {
  own: number;
  system: number;
  matched: number;
  offset: number;
  metrics: MetricSummary[];
  sections: MetricSection[];
}

/** ``versions`` newest first, at most 1,000 (``more`` says there are others). ``may``: what the caller may do with it. ``meanings``: of metrics of which the experiments of the versions' runs say something, that of the newest first. */
export interface ModelDetail {
  name: string;
  description: string;
  tags: Record<string, string>;
  aliases: Record<string, number>;
  created: number | null;
  updated: number | null;
  may: "edit" | "manage" | "read";
  objective: Objective | null;
  metric_keys: string[];
  versions: VersionRow[];
  more: boolean;
  meanings: Record<string, Meaning>;
}

export interface ModelDone {

}

/** A tag or alias set to null is removed. ``reason`` is kept with the versions that an alias comes to or leaves. */
export interface ModelEdit {
  name?: string;
  description?: string;
  tags?: Record<string, string | null>;
  aliases?: Record<string, number | null>;
  reason?: string;
}

/** One change; see :class:`runstone.entities.registry_events.RegistryEvent`. ``number`` is text: it may have 19 digits. */
export interface ModelEvent {
  number: string;
  time: number;
  user_id: string;
  event: string;
  name: string;
  version: number | null;
  key: string | null;
  old: string | null;
  new: string | null;
  reason: string;
}

/** What the version's MLmodel file says. ``example`` is a request for ``/invocations`` that fits, as JSON text, empty where no example was logged; ``size`` is in bytes. */
export interface ModelFiles {
  flavors: Record<string, string>;
  signature: Signature;
  size: number | null;
  written_by: string;
  example: string;
}

/** Newest first. ``before`` is what asks for the next page, null on the last one. */
export interface ModelHistory {
  events: ModelEvent[];
  before: string | null;
}

/** A point that was measured for the logged model, perhaps on a dataset. */
export interface ModelMetric {
  key: string;
  value: number | "-Infinity" | "Infinity" | "NaN";
  step: number;
  dataset_name: string;
  dataset_digest: string;
}

/** ``latest`` is the highest version, ``null`` before the first; ``stages`` has the newest version of each stage but None. ``headline`` and ``user_id`` are of the latest version. */
export interface ModelRow {
  name: string;
  description: string;
  tags: Record<string, string>;
  aliases: Record<string, number>;
  stages: Record<string, number>;
  latest: number | null;
  created: number | null;
  updated: number | null;
  user_id: string;
  headline: Headline | null;
}

/** ``next_page_token`` is empty on the last page. */
export interface Models {
  models: ModelRow[];
  next_page_token: string;
}

/** An alias or a stage came to this version, or left it: when, by whom (empty: no accounts here), and why. ``before`` and ``after`` are stages, or the versions (as text, empty: none) that the alias stood for. */
export interface Move {
  time: number;
  what: "alias" | "stage";
  alias: string;
  before: string;
  after: string;
  user: string;
  reason: string;
}

/** Without ``password`` it waits for whoever signs in at the provider under this name; there must be one. */
export interface NewAccount {
  username: string;
  password?: string;
  is_admin?: boolean;
}

export interface NewExperiment {
  name: string;
  tags?: Record<string, string>;
}

/** To a user or a group, one of the two. ``resource`` is an experiment's id or a registered model's name, or ``*``. */
export interface NewGrant {
  resource_type: "experiment" | "registered_model";
  resource: string;
  permission: "DENY" | "EDIT" | "MANAGE" | "NO_PERMISSIONS" | "READ" | "USE";
  username?: string;
  group?: string;
}

export interface NewGroup {
  name: string;
  description?: string;
}

export interface NewModel {
  name: string;
  description?: string;
  tags?: Record<string, string>;
}

/** A stage or an alias: one of them. */
export interface NewRequest {
  stage?: "Archived" | "None" | "Production" | "Staging" | "";
  alias?: string;
  comment?: string;
}

/** ``days`` until it expires; ``null``: never. */
export interface NewToken {
  name: string;
  scope?: "admin" | "read" | "write";
  days?: number | null;
}

/** A model of a run (``run_id`` and the ``path`` of its folder among the artifacts) or a logged model (``model_id``). */
export interface NewVersion {
  run_id?: string;
  path?: string;
  model_id?: string;
  description?: string;
  tags?: Record<string, string>;
}

/** ``key`` brings back a view that was deleted, under the address that it had; else a new one is drawn. */
export interface NewView {
  experiment_id: string;
  name: string;
  search: Record<string, string>;
  is_default?: boolean;
  key?: string;
}

/** ``events`` as ``entity.action``: MLflow's, and those of the registry's log. */
export interface NewWebhook {
  name: string;
  url: string;
  events: string[];
  description?: string;
  secret?: string;
}

/** What the best run of an experiment is best at: this ``statistic`` of the metric ``key``. ``guessed``: nobody has set it, its name says so. */
export interface Objective {
  key: string;
  direction: "max" | "min";
  guessed: boolean;
  statistic: "first" | "last" | "max" | "mean" | "min";
  unit: string;
}

/** ``importance`` is how much a model's squared error grows when the param is shuffled, in variances of the metric (0: not at all, 2: it decides everything), ``low`` to ``high`` its 95 % interval. ``correlation`` is Spearman's rho of a numeric param, else the correlation ratio (0 … 1, no interval); ``p`` that it is nothing but chance. Null where it cannot be told. */
export interface ParamImportance {
  name: string;
  numeric: boolean;
  runs: number;
  distinct: number;
  importance: number;
  low: number | null;
  high: number | null;
  correlation: number | null;
  correlation_low: number | null;
  correlation_high: number | null;
  p: number | null;
}

export interface Piece {
  sequence: number;
  stream: string;
  time: number;
  text: string;
}

/** ``type`` is the file format's own word. */
export interface PreviewColumn {
  name: string;
  type: string;
}

/** Values of each experiment's newest runs that have one, the oldest first. Experiments without any are left out. */
export interface RecentAnswer {
  values: Record<string, (number | "-Infinity" | "Infinity" | "NaN")[]>;
}

/** ``columns``: experiments (ids) and the column of a metric wanted of each, named as in a table. ``runs``: how many of the newest active runs of each are looked at. */
export interface RecentRequest {
  columns: Record<string, string>;
  runs?: number;
}

/** ``archive_existing``: other versions in the stage go to Archived. */
export interface RequestDecision {
  decision: "APPROVED" | "REJECTED" | "WITHDRAWN";
  comment?: string;
  archive_existing?: boolean;
}

/** One of ``stage`` and ``alias`` is empty. ``before``: the stage, or the version that the alias stood for. ``stale``: it waits, but is not approved, since that changed. ``may``: what the caller can do with it. */
export interface RequestRow {
  request_id: string;
  version: number;
  stage: string;
  alias: string;
  before: string;
  user_id: string;
  comment: string;
  state: string;
  decided_by: string;
  decision_comment: string;
  created: number;
  updated: number;
  stale: boolean;
  may: ("approve" | "reject" | "withdraw")[];
}

/** Newest first. ``may_ask``: whether the caller can make one. */
export interface Requests {
  requests: RequestRow[];
  may_ask: boolean;
}

/** Where a run was, whether it was in the trash, and what the tags were that have been changed (null: not there). */
export interface RunBefore {
  run_id: string;
  experiment_id: string;
  deleted: boolean;
  tags: Record<string, string | null>;
}

/** All of a run but its metrics, of which there may be very many: these are asked for window by window. */
export interface RunDetail {
  info: RunInfo;
  experiment_name: string;
  params: Record<string, string>;
  tags: Record<string, string>;
  inputs: DatasetInput[];
  model_inputs: LoggedModelInput[];
  model_outputs: LoggedModelOutput[];
  documents: DocumentInfo[];
}

/** ``before`` is null, and the lists are empty, where no run of the experiment began before this one. ``layers``: code, config, environment, data, seed; ``same`` is null where too little was recorded to tell, ``text`` is a unified diff where there is one. ``metrics``: those that moved, the ones that moved most first, of ``metrics_total``. */
export interface RunDifference {
  before: RunName | null;
  after: RunName;
  layers: LayerChange[];
  metrics: MetricMove[];
  metrics_total: number;
}

/** A tag set to null is removed. ``deleted`` moves the run to the trash or back. */
export interface RunEdit {
  name?: string;
  tags?: Record<string, string | null>;
  deleted?: boolean;
}

/** Who, when, where and how it ended. Times are milliseconds since 1970 UTC. ``status`` is a name of :class:`~runstone.entities.RunStatus`. Beyond MLflow: ``cause`` says in words why a run ended as it did ("signal 9 (killed)", "exit code 3", a traceback's last line), ``parent_run_id``, ``ordinal`` (the run's number in its experiment, from 0: it fixes the run's colour everywhere) and ``deleted_time`` (when it was deleted). */
export interface RunInfo {
  run_id: string;
  experiment_id: string;
  user_id: string;
  status: string;
  start_time: number | null;
  end_time: number | null;
  lifecycle_stage: string;
  artifact_uri: string | null;
  run_name: string | null;
  cause: string | null;
  parent_run_id: string | null;
  ordinal: number;
  deleted_time: number | null;
}

/** A run that nothing was done to, and why, in words. */
export interface RunLeft {
  run_id: string;
  name: string;
  why: string;
}

/** A model of a run that can be registered, and the versions that were made of it. ``path`` is empty for a logged model; ``folder`` is where its files are below the run's artifacts, empty if they lie elsewhere. */
export interface RunModel {
  path: string;
  model_id: string;
  name: string;
  versions: RunModelVersion[];
  folder: string;
}

export interface RunModelVersion {
  name: string;
  version: number;
}

/** ``versions`` are all that come from this run. */
export interface RunModels {
  models: RunModel[];
  versions: RunModelVersion[];
}

/** What a link to a run shows. */
export interface RunName {
  run_id: string;
  name: string;
  experiment_id: string;
  ordinal: number | null;
  start_time: number | null;
}

/** What is done to all of these runs, in one transaction. A tag set to null is removed; ``deleted`` moves to the trash or back; ``experiment_id`` moves to another experiment, nested runs with their parent; ``stop`` asks whoever watches over the process to end it. */
export interface RunsEdit {
  run_ids: string[];
  tags?: Record<string, string | null>;
  deleted?: boolean;
  experiment_id?: string;
  stop?: boolean;
}

/** ``before`` has one entry for each run that was changed: what undoes it. */
export interface RunsEdited {
  before: RunBefore[];
  left: RunLeft[];
}

/** Column by column, all lists equally long. ``total`` runs are in these experiments, ``matched`` fit the filter. Of a nested table ``rows`` counts the rows with those opened, ``depth`` is how far in a run stands and ``children`` how many of its children match; else both are empty and ``rows`` is ``matched``. */
export interface RunsTable {
  total: number;
  matched: number;
  offset: number;
  run_ids: string[];
  names: string[];
  status: string[];
  start: (number | null)[];
  end: (number | null)[];
  ordinal: number[];
  lifecycle: string[];
  parents: (string | null)[];
  experiments: string[];
  users: string[];
  columns: Column[];
  best: Best | null;
  rows: number;
  depth: number[];
  children: number[];
}

/** A window of a table of runs. No ``experiment_ids``: every active experiment. ``filter`` and ``order_by`` are in the filter grammar. A column is ``metrics.KEY`` (last value), ``metrics.KEY:STAT`` (last, min, max, mean, first, count, nans, min_step, max_step, first_step, last_step), ``params.KEY``, ``tags.KEY`` or ``attributes.NAME``. ``nested``: only runs of which no parent matches, and under those ``opened`` (``*`` first: all but those) their children that match; offset and limit count these rows. */
export interface RunsTableRequest {
  experiment_ids?: string[];
  filter?: string;
  order_by?: string[];
  view?: "active" | "all" | "deleted";
  offset?: number;
  limit?: number;
  columns?: string[];
  nested?: boolean;
  opened?: string[];
}

/** A whole view of a runs table. ``key`` begins with the id of the experiment that it is kept with and never changes: ``/v/KEY`` is its address. ``is_default``: it is what a plain link to the experiment shows. ``user_id`` saved it last. */
export interface SavedView {
  key: string;
  experiment_id: string;
  name: string;
  search: Record<string, string>;
  created: number;
  updated: number;
  user_id: string;
  is_default: boolean;
}

/** By name. ``may_edit``: whether the caller may save, change and delete views here. */
export interface SavedViews {
  views: SavedView[];
  may_edit: boolean;
}

export interface SeriesAnswer {
  series: SeriesPoints[];
}

/** Ordered by (step, timestamp); first, last and every extreme survive. ``total`` is how many there were before. */
export interface SeriesPoints {
  run_id: string;
  key: string;
  steps: number[];
  values: (number | "-Infinity" | "Infinity" | "NaN")[];
  timestamps: number[];
  total: number;
}

/** ``points`` is about how many points of each series come back, from ``start`` to ``end`` (steps, both included). ``near``: two points beside each end may be of just outside, instead of the range's own ends, and ``total`` is about. */
export interface SeriesRequest {
  run_ids: string[];
  keys: string[];
  points?: number;
  start?: number | null;
  end?: number | null;
  near?: boolean;
}

/** ``accounts``: whether this server has any. ``username`` is empty while nobody is signed in. ``provider`` names the place beside here where one may sign in, below ``/oidc/sign-in``; empty for none. */
export interface SessionInfo {
  accounts: boolean;
  username: string;
  is_admin: boolean;
  has_password: boolean;
  provider: string;
}

export interface SignIn {
  username: string;
  password: string;
}

/** ``null`` where the model does not say. */
export interface Signature {
  inputs: SignatureColumn[] | null;
  outputs: SignatureColumn[] | null;
  params: SignatureColumn[] | null;
}

/** ``type`` in words, such as ``double``, ``array(string)`` or ``tensor(float32, -1×28×28)``. */
export interface SignatureColumn {
  name: string;
  type: string;
  required: boolean;
}

/** ``url``: where the browser goes on to sign out at the provider, too; empty for nowhere. */
export interface SignedOut {
  url: string;
}

/** ``inputs``, ``outputs`` and attributes are JSON texts, each cut after a million characters. */
export interface SpanDetail {
  span: TraceSpan;
  inputs: string;
  outputs: string;
  attributes: Record<string, string>;
  events: SpanEvent[];
}

/** ``time`` is milliseconds after the first span's start. */
export interface SpanEvent {
  name: string;
  time: number | null;
  attributes: Record<string, string>;
}

/** A runs table as a file: exactly these columns, in this order, of every run that matches. ``groups``: the groups of runs that it asks for instead, all of them, with n, mean, deviation and best of each of its columns. */
export interface TableFileRequest {
  format: "csv" | "json" | "latex" | "markdown" | "parquet";
  columns: string[];
  experiment_ids?: string[];
  filter?: string;
  order_by?: string[];
  view?: "active" | "all" | "deleted";
  name?: string;
  groups?: GroupsRequest | null;
}

/** ``expires`` is missing for a token that never does. ``token`` is there once, when it was made. */
export interface TokenRow {
  token_id: number;
  name: string;
  scope: string;
  creation_time: number;
  expires: number | null;
  token: string;
}

export interface Tokens {
  tokens: TokenRow[];
}

/** What somebody, or a judge, thinks of the trace. ``value`` is JSON. */
export interface TraceAssessment {
  name: string;
  kind: "expectation" | "feedback";
  value: string;
  source: string;
  rationale: string;
  valid: boolean;
}

/** Spans in the order in which they began, at most 5,000 of ``count``. */
export interface TraceDetail {
  trace: TraceRow;
  experiment_name: string;
  metadata: Record<string, string>;
  tags: Record<string, string>;
  assessments: TraceAssessment[];
  spans: TraceSpan[];
  count: number;
}

/** ``time`` is milliseconds since 1970 UTC, ``duration`` milliseconds. ``request`` and ``response`` are previews. ``cost`` is what the tracer says, in US dollars. */
export interface TraceRow {
  trace_id: string;
  experiment_id: string;
  name: string;
  state: "ERROR" | "IN_PROGRESS" | "OK" | "STATE_UNSPECIFIED";
  time: number;
  duration: number | null;
  request: string;
  response: string;
  tokens: TraceTokens | null;
  cost: number | null;
  session: string;
  user: string;
  run_id: string;
  assessments: number;
}

/** ``start`` is milliseconds after the first span's, ``duration`` milliseconds (null: not ended). ``parent_id`` is empty for a root, and for a span whose parent is not here. */
export interface TraceSpan {
  span_id: string;
  parent_id: string;
  name: string;
  kind: string;
  status: string;
  message: string;
  start: number;
  duration: number | null;
  model: string;
  tokens: TraceTokens | null;
}

export interface TraceTokens {
  input: number | null;
  output: number | null;
  total: number | null;
}

/** ``next_page_token`` is empty on the last page. */
export interface Traces {
  traces: TraceRow[];
  next_page_token: string;
}

/** What was deleted last comes first. ``runs`` are those that were deleted themselves, not with their experiment, ``matched`` of them in all. ``may_remove``: whether the caller may remove for ever what is here. */
export interface Trash {
  experiments: TrashedExperiment[];
  runs: TrashedRun[];
  matched: number;
  may_remove: boolean;
}

/** Remove these for ever, files too. Experiments go with all their runs. */
export interface TrashRemoval {
  run_ids?: string[];
  experiment_ids?: string[];
}

/** How many runs and experiments are gone for ever; ``kept`` says in words what was left, and why. */
export interface TrashRemoved {
  runs: number;
  experiments: number;
  kept: string[];
  status: "removed";
}

/** ``runs`` are all that it has: they go and come back with it. */
export interface TrashedExperiment {
  experiment_id: string;
  name: string;
  runs: number;
  deleted: number | null;
}

/** ``held`` names a version of a registered model (``name/3``) that is made of the run: while it is there, the run cannot be removed for ever. */
export interface TrashedRun {
  run_id: string;
  name: string;
  experiment_id: string;
  experiment_name: string;
  user_id: string;
  deleted: number | null;
  held: string;
}

export interface ValueCount {
  value: string;
  runs: number;
}

/** The most frequent first; ``distinct`` counts all that contain the text. */
export interface ValuesAnswer {
  values: ValueCount[];
  distinct: number;
}

/** Values of one column among the runs that match, for completion. ``contains`` in any case. */
export interface ValuesRequest {
  column: string;
  experiment_ids?: string[];
  filter?: string;
  contains?: string;
  limit?: number;
}

/** A group (by its place in ``groups``) against the baseline. ``difference`` is its mean minus the baseline's, ``low`` to ``high`` the interval; ``p`` is of the permutation test and ``p_corrected`` the same after Holm; ``superiority`` the chance that a run of this group beats one of the baseline; ``effect`` is Hedges' g. ``None``: too few runs to say. ``answer`` is ``better``, ``worse``, ``unclear`` or ``unknown`` (too few runs); ``more_seeds`` further runs for each side would settle what is unclear, ``None`` if no sensible number would. */
export interface Verdict {
  group: number;
  difference: number | null;
  low: number | null;
  high: number | null;
  p: number | null;
  p_corrected: number | null;
  superiority: number | null;
  effect: number | null;
  more_seeds: number | null;
  answer: string;
  words: string;
}

/** One version whole. ``files`` is null with ``files_problem`` saying why. ``params`` and ``run_metrics`` are the run's; ``meanings`` is what its experiment says of these. */
export interface VersionDetail {
  name: string;
  version: number;
  may: "edit" | "manage" | "read";
  row: VersionRow;
  objective: Objective | null;
  previous: number | null;
  next: number | null;
  params: Record<string, string>;
  run_metrics: MetricSummary[];
  model_metrics: ModelMetric[];
  datasets: DatasetInput[];
  commit: string;
  files: ModelFiles | null;
  files_problem: string;
  moves: Move[];
  meanings: Record<string, Meaning>;
}

/** ``archive_existing``: other versions in the new stage go to Archived. ``reason`` is kept with the version. */
export interface VersionEdit {
  description?: string;
  tags?: Record<string, string | null>;
  stage?: "Archived" | "None" | "Production" | "Staging";
  archive_existing?: boolean;
  reason?: string;
}

/** ``metrics[i]`` is the value that counts of the run's ``metric_keys[i]``, the last one where nobody said. ``run`` is null for a version of no run, and for one whose run is gone or hidden from the caller. */
export interface VersionRow {
  version: number;
  stage: "Archived" | "None" | "Production" | "Staging";
  aliases: string[];
  description: string;
  tags: Record<string, string>;
  created: number | null;
  updated: number | null;
  user_id: string;
  source: string;
  run_id: string;
  model_id: string;
  status: string;
  status_message: string;
  run: VersionRun | null;
  metrics: (number | "-Infinity" | "Infinity" | "NaN" | null)[];
}

/** The run that a version comes from, as far as the caller may see it. */
export interface VersionRun {
  run_id: string;
  name: string;
  status: string;
  experiment_id: string;
  experiment_name: string;
  deleted: boolean;
}

export interface ViewEdit {
  name?: string;
  search?: Record<string, string>;
  is_default?: boolean;
}

/** ``key`` was deleted. */
export interface ViewGone {
  key: string;
  status: "deleted";
}

/** What is left out stays; an empty ``secret`` takes it away. */
export interface WebhookEdit {
  name?: string;
  url?: string;
  events?: string[];
  description?: string;
  secret?: string;
  status?: "ACTIVE" | "DISABLED";
}

export interface WebhookGone {

}

/** ``signed``: messages carry a signature, because a secret was given. */
export interface WebhookRow {
  webhook_id: string;
  name: string;
  url: string;
  events: string[];
  description: string;
  status: string;
  signed: boolean;
  creation_time: number;
  last_update_time: number;
}

/** ``response_body``: its beginning. ``error``: why there was no answer. */
export interface WebhookTested {
  success: boolean;
  response_status: number | null;
  response_body: string;
  error: string;
}

/** ``known``: every event that a webhook can be told of. */
export interface Webhooks {
  webhooks: WebhookRow[];
  known: string[];
}

// Made by scripts/types.mjs from the server's OpenAPI document. Do not edit.

/** ``download`` asks the browser to save the file instead of showing it. */
export interface ArtifactFileQuery {
  path: string;
  download?: boolean;
}

/** One level below ``path``, folders with ``file_size`` null. */
export interface Artifacts {
  root_uri: string;
  files: FileInfo[];
}

export interface ArtifactsQuery {
  path?: string;
}

/** The best of all runs that match, on the page or not. */
export interface Best {
  key: string;
  direction: "max" | "min";
  run_id: string;
  value: number | "-Infinity" | "Infinity" | "NaN";
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

/** ``next`` is the ``after`` of the next question; ``more`` says that asking at once gives more. */
export interface ConsoleAnswer {
  pieces: Piece[];
  next: number;
  more: boolean;
}

/** ``after`` is the greatest sequence already known. */
export interface ConsoleQuery {
  after?: number;
  limit?: number;
}

/** A dataset's identity. ``source``, ``schema`` and ``profile`` are JSON texts. */
export interface Dataset {
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema?: string | null;
  profile?: string | null;
}

/** A dataset as a run used it; the tag ``mlflow.data.context`` says for what (training, validation …). */
export interface DatasetInput {
  dataset: Dataset;
  tags?: InputTag[];
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

/** The one shape of an error. A wrong filter adds where it is wrong (half-open range of characters) and what would work. */
export interface Error {
  error_code: string;
  message: string;
  start?: number | null;
  end?: number | null;
  expected?: string[] | null;
}

/** ``cursor`` of the last event seen; none: from now on. A browser's ``Last-Event-ID`` wins over it. */
export interface EventsQuery {
  cursor?: number | null;
}

/** A tag set to null is removed. ``deleted`` moves the experiment to the trash or back. */
export interface ExperimentEdit {
  name?: string;
  tags?: Record<string, string | null>;
  deleted?: boolean;
}

/** ``runs`` counts active runs, ``running`` those that run now; ``last_activity`` is the newest start or end of one. */
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
}

export interface Experiments {
  experiments: ExperimentRow[];
}

/** ``q`` is part of a name, in any case. */
export interface ExperimentsQuery {
  view?: "active" | "all" | "deleted";
  q?: string;
}

/** ``path`` is relative to the run's artifact root, with ``/``; ``file_size`` is bytes, ``None`` for a folder. */
export interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size?: number | null;
}

/** ``problems`` in words, none when sound; ``facts`` are counts and sizes (bytes) worth showing. */
export interface Health {
  status: "ok" | "trouble";
  uri: string;
  schema: string;
  problems: string[];
  facts: Record<string, number | string>;
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

/** ``exp``: experiment ids with commas between; none: every active experiment. */
export interface KeysQuery {
  kind: "metrics" | "params" | "tags";
  exp?: string;
  contains?: string;
  limit?: number;
}

export interface LoggedModelInput {
  model_id: string;
}

export interface LoggedModelOutput {
  model_id: string;
  step?: number;
}

/** A whole series in few numbers. ``min`` and ``max`` ignore NaN and are null when every value is NaN. */
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
}

export interface NewExperiment {
  name: string;
  tags?: Record<string, string>;
}

/** What the best run of an experiment is best at. ``guessed``: nobody has set it, its name and direction say so. */
export interface Objective {
  key: string;
  direction: "max" | "min";
  guessed?: boolean;
}

export interface Piece {
  sequence: number;
  stream: string;
  time: number;
  text: string;
}

export interface RunDetail {
  info: RunInfo;
  experiment_name: string;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: MetricSummary[];
  inputs: DatasetInput[];
  model_inputs: LoggedModelInput[];
  model_outputs: LoggedModelOutput[];
  documents: DocumentInfo[];
}

/** A tag set to null is removed. ``deleted`` moves the run to the trash or back. */
export interface RunEdit {
  name?: string;
  tags?: Record<string, string | null>;
  deleted?: boolean;
}

/** Who, when, where and how it ended. Times are milliseconds since 1970 UTC. ``status`` is a name of :class:`~runstone.entities.RunStatus`. Beyond MLflow: ``cause`` says in words why a run ended as it did ("signal 9 (killed)", "exit code 3", a traceback's last line), ``parent_run_id`` and ``ordinal`` (the run's number in its experiment, from 0: it fixes the run's colour everywhere). */
export interface RunInfo {
  run_id: string;
  experiment_id: string;
  user_id: string;
  status: string;
  start_time: number | null;
  end_time: number | null;
  lifecycle_stage: string;
  artifact_uri?: string | null;
  run_name?: string | null;
  cause?: string | null;
  parent_run_id?: string | null;
  ordinal?: number;
}

/** Column by column, all lists equally long. ``total`` runs are in these experiments, ``matched`` fit the filter. */
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
  columns: Column[];
  best: Best | null;
}

/** A window of a table of runs. No ``experiment_ids``: every active experiment. ``filter`` and ``order_by`` are in the filter grammar. A column is ``metrics.KEY`` or ``metrics.KEY:STAT`` (last, min, max, first, count, nans, last_step, min_step, max_step), ``params.KEY``, ``tags.KEY`` or ``attributes.NAME`` (user_id, cause, artifact_uri). */
export interface RunsTableRequest {
  experiment_ids?: string[];
  filter?: string;
  order_by?: string[];
  view?: "active" | "all" | "deleted";
  offset?: number;
  limit?: number;
  columns?: string[];
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

/** ``points`` is about how many points of each series come back, from ``start`` to ``end`` (steps, both included). */
export interface SeriesRequest {
  run_ids: string[];
  keys: string[];
  points?: number;
  start?: number | null;
  end?: number | null;
}

/** A base class for defining efficient serializable objects. Fields are defined using type annotations. Fields may optionally have default values, which result in keyword parameters to the constructor. Structs automatically define ``__init__``, ``__eq__``, ``__repr__``, and ``__copy__`` methods. Additional methods can be defined on the class as needed. Note that ``__init__``/``__new__`` cannot be overridden, but other methods can. A tuple of the field names is available on the class via the ``__struct_fields__`` attribute if needed. Additional class options can be enabled by passing keywords to the class definition (see example below). These configuration options may also be inspected at runtime through the ``__struct_config__`` attribute. Configuration ------------- frozen: bool, default False Whether instances of this type are pseudo-immutable. If true, attribute assignment is disabled and a corresponding ``__hash__`` is defined. order: bool, default False If True, ``__lt__``, `__le__``, ``__gt__``, and ``__ge__`` methods will be generated for this type. eq: bool, default True If True (the default), an ``__eq__`` method will be generated for this type. Set to False to compare based on instance identity alone. kw_only: bool, default False If True, all fields will be treated as keyword-only arguments in the generated ``__init__`` method. Default is False. omit_defaults: bool, default False Whether fields should be omitted from encoding if the corresponding value is the default for that field. Enabling this may reduce message size, and often also improve encoding & decoding performance. forbid_unknown_fields: bool, default False If True, an error is raised if an unknown field is encountered while decoding structs of this type. If False (the default), no error is raised and the unknown field is skipped. tag: str, int, bool, callable, or None, default None Used along with ``tag_field`` for configuring tagged union support. If either are non-None, then the struct is considered "tagged". In this case, an extra field (the ``tag_field``) and value (the ``tag``) are added to the encoded message, which can be used to differentiate message types during decoding. Set ``tag=True`` to enable the default tagged configuration (``tag_field`` is ``"type"``, ``tag`` is the class name). Alternatively, you can provide a string (or less commonly int) value directly to be used as the tag (e.g. ``tag="my-tag-value"``).``tag`` can also be passed a callable that takes the class qualname and returns a valid tag value (e.g. ``tag=str.lower``). See the docs for more information. tag_field: str or None, default None The field name to use for tagged union support. If ``tag`` is non-None, then this defaults to ``"type"``. See the ``tag`` docs above for more information. rename: str, mapping, callable, or None, default None Controls renaming the field names used when encoding/decoding the struct. May be one of ``"lower"``, ``"upper"``, ``"camel"``, ``"pascal"``, or ``"kebab"`` to rename in lowercase, UPPERCASE, camelCase, PascalCase, or kebab-case respectively. May also be a mapping from field names to the renamed names (missing fields are not renamed). Alternatively, may be a callable that takes the field name and returns a new name or ``None`` to not rename that field. Default is ``None`` for no field renaming. repr_omit_defaults: bool, default False Whether fields should be omitted from the generated repr if the corresponding value is the default for that field. array_like: bool, default False If True, this struct type will be treated as an array-like type during encoding/decoding, rather than a dict-like type (the default). This may improve performance, at the cost of a more inscrutable message encoding. gc: bool, default True Whether garbage collection is enabled for this type. Disabling this *may* help reduce GC pressure, but will prevent reference cycles composed of only ``gc=False`` from being collected. It is the user's responsibility to ensure that reference cycles don't occur when setting ``gc=False``. weakref: bool, default False Whether instances of this type support weak references. Defaults to False. dict: bool, default False Whether instances of this type will include a ``__dict__``. Setting this to True will allow adding additional undeclared attributes to a struct instance, which may be useful for holding private runtime state. Defaults to False. cache_hash: bool, default False If enabled, the hash of a frozen struct instance will be computed at most once, and then cached on the instance for further reuse. For expensive hash values this can improve performance at the cost of a small amount of memory usage. Examples -------- Here we define a new `Struct` type for describing a dog. It has three fields; two required and one optional. >>> class Dog(Struct): ...     name: str ...     breed: str ...     is_good_boy: bool = True ... >>> Dog('snickers', breed='corgi') Dog(name='snickers', breed='corgi', is_good_boy=True) Additional struct options can be set as part of the class definition. Here we define a new `Struct` type for a frozen `Point` object. >>> class Point(Struct, frozen=True): ...     x: float ...     y: float ... >>> {Point(1.5, 2.0): 1}  # frozen structs are hashable {Point(x=1.5, y=2.0): 1} */
export interface Struct {

}

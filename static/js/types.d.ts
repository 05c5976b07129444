/** Shapes that the front end shares: what the server answers, what modules hand each other, the few calls of Plotly that are used. */

export type RunState = "starting" | "live" | "stalled" | "stopped" | "finished";
export type XKind = "step" | "relative" | "wall" | "scalar";
/** A number as JSON has it here: NaN and infinities travel as strings. */
export type Json64 = number | string;
export type Range = [number, number];

export interface Column { dtype: string; bdata: string }
export interface Problem { file: string; code: string; message: string; offset: number; length: number; count: number }

export interface Run {
  name: string; state: RunState; color: number; start: number | null; last: number | null; points: number; blobs: number; files: number;
  colour?: string | null; title?: string; star?: boolean; archived?: boolean; baseline?: boolean; tags?: string[]; noted?: boolean;
  bytes_read: number; bytes_total: number; quiet_s: number | null; facts: Record<string, unknown>; problems: Problem[];
}
export interface RunsAnswer { boot: string; revision: number; logdir: string[]; loading: boolean; waiting: string | null; runs: Run[] }
export interface TagEntry { tag: string; runs: number[]; points: number; description_html: string }
export interface TagsAnswer { revision: number; kind: string; runs: string[]; tags: TagEntry[] }

export interface Smoothing { kind: "none" | "ema" | "time_ema" | "gaussian" | "mean"; amount: number }
/** The scalars of one card: its own, others a person added, and which of those stand on the right axis. */
export interface ChartSpec {
  id: string; tags: string[]; right: string[];
  /** By the tag of a line: the scalars that bound the band around it. */
  margins?: Record<string, Bounds>;
  /** It was laid out by who wrote the log: what it is called, and what of it cannot be shown. */
  layout?: { title: string; faults: string[] };
}
export interface Bounds { lower: string; upper: string }
export interface LayoutChartJson { title: string; tags: string[]; more: number; patterns: { pattern: string; count: number; error: string | null }[]; margins: (Bounds & { value: string })[] }
export interface LayoutsAnswer { revision: number; categories: { title: string; closed: boolean; charts: LayoutChartJson[] }[]; problems: { run: string; message: string }[] }
/** `colour`: number of the palette, unless there is a style. */
export interface Group { name: string; runs: string[]; colour: number; style?: RunStyle }
export interface QueryAnswer { revision: number; kind: "none" | "text" | "regex" | "query"; runs: string[] | null; error: { message: string; column: number } | null; note: string; moves: boolean }
export interface HparamName { name: string; runs: number; distinct: number; kind: "number" | "text" | "mixed"; low: number | null; high: number | null }
export interface Rule { id: string; title: string; rule: string }
export interface NoticesAnswer { revision: number; pending: boolean; rules: Rule[]; notices: (Notice & { tag: string })[] }
export type Centre = "mean" | "median" | "iqm";
export type Spread = "none" | "minmax" | "std" | "stderr" | "bootstrap";
export interface Notice { rule: string; run: string; line: string; step: string | null; wall_time: Json64; message: string; title: string; text: string }
export interface PixelQuestion {
  id: string; tag: string; runs: string[]; x: XKind; x_tag: string | null; range: Range | null; since?: number; width: number; smoothing: Smoothing; superseded: boolean; raw: boolean;
  groups: { name: string; runs: string[] }[] | null; centre: Centre; spread: Spread; partition: boolean; margin?: Bounds;
}
export interface MarginJson { run: string; line: string; x: Column; low: Column; high: Column; joined: number; left_out: number; exact: boolean }
export interface BandJson {
  group: string; x: Column; centre: Column; low: Column; high: Column; runs: Column; ends: { x: Json64; run: string }[]; count: number; total: number; members: number; exact: boolean;
  x_range: [Json64, Json64] | null;
}
export interface StepValue { step: string; value: number }
export interface RangeLine {
  run: string; line: string; count: number; nonfinite: number; mean: Json64 | null; change: Json64 | null; percent: Json64 | null;
  min: StepValue | null; max: StepValue | null; start: StepValue | null; end: StepValue | null;
}
export interface RangesAnswer { charts: { id: string; lines: RangeLine[] }[] }
export interface PixelLineJson {
  run: string; line: string; axis: string; x: Column; y: Column; raw_x: Column | null; raw_y: Column | null; exact: boolean; count: number; total: number;
  nonfinite: { x: Json64; value: string; count: number }[];
  x_range: [Json64, Json64] | null; y_range: [Json64, Json64] | null; y_inner: [Json64, Json64] | null;
  superseded_x: Column | null; superseded_y: Column | null;
  last: { step: string; wall_time: Json64; value: Json64 } | null; restarts: Json64[]; rising?: boolean; steps?: Column | null; unplaced?: number; in_order?: boolean;
}
export interface PixelChartJson { id: string; axis: string; lines: PixelLineJson[]; bands?: BandJson[]; margins?: MarginJson[]; error: string | null }
export interface PixelsAnswer { revision: number; charts: PixelChartJson[] }

/** One line of a chart, decoded: what is drawn, and how much stands behind it. */
export interface Curve {
  run: string; line: string; x: Float64Array; y: Float64Array; rawX: Float64Array | null; rawY: Float64Array | null; isExact: boolean; count: number; total: number;
  nonfinite: { x: number; value: number; count: number }[]; xRange: Range; yRange: Range; yInner: Range;
  supersededX: Float64Array | null; supersededY: Float64Array | null; last: { step: string; wallTime: number; value: number } | null; restarts: number[];
  rises: boolean; steps: Float64Array | null; unplaced: number; inOrder: boolean;
  /** Which of the chart's scalars it is of, and on which axis it stands. */
  tag: string; tagIndex: number; isRight: boolean;
  /** A group of runs: y is its centre, `run` its name. */
  band: Band | null;
  /** The band around it, between two other scalars; null where the run has not both; left out where none was asked for. */
  margin?: MarginBand | null;
}
export interface MarginBand { x: Float64Array; low: Float64Array; high: Float64Array; joined: number; leftOut: number }
export interface Band { low: Float64Array; high: Float64Array; runs: ArrayLike<number>; ends: { x: number; run: string }[]; members: number; names: string[]; colour: number; style?: RunStyle }
export interface NearestPoint { run: string; line: string; step: string; wall_time: Json64; relative: Json64; value: Json64; smoothed: Json64; x: Json64 }
export interface NearestAnswer { charts: { id: string; points: NearestPoint[] }[] }

export interface DeltaEvent {
  revision: number; added: string[]; removed: string[]; rebuilt: string[]; changed: string[];
  grew: Record<string, Record<string, string[]>>;
}

/** How a run is drawn: a token to use in CSS, and whether it is dashed (the 25th run on) or one of the grey crowd. */
export interface RunStyle { colour: string; dash: 0 | 1; muted?: boolean }
export interface Cursor { x: number | null; pinned: boolean }
export interface Connection { state: "connecting" | "live" | "broken"; since: number; retryAt: number | null }

/** How a chart draws: the resolved colours and dashes of its curves, weights by their number. */
export interface Weight { line: number; raw: number; opacity: number }
export interface Margin { l: number; r: number; t: number; b: number }
export interface Box { x: number; y: number; w: number; h: number }
export interface Zoom { x: Range | null; y: Range | null; right?: Range | null }
export interface Ticks { values: number[]; labels: string[] }

/** What the person chose that holds for all charts of the scalars page. */
export interface ChartChoices {
  x: XKind; xTag: string | null; logX: boolean; yScale: "linear" | "log" | "symlog"; smoothing: Smoothing; showRaw: boolean; superseded: boolean; marks: boolean; partition: boolean;
  yRange: "inner" | "all" | "shared"; hoverOrder: "nearest" | "y" | "highest" | "lowest" | "name"; centre: Centre; spread: Spread; width: number; height: number;
}

/** Runs side by side; the baseline is the first column. */
export interface CompareColumn { name: string; label: string; runs: string[] }
export type Judgement = "better" | "worse" | "higher" | "lower" | "unsure" | "untold" | "";
export type Measure = "best" | "last" | "area";
export interface Setting { name: string; differs: boolean; values: unknown[][] }
export interface CompareAnswer {
  revision: number; columns: CompareColumn[]; headline: string; sentences: string[]; judgement: Judgement; judge: string | null; measure: Measure;
  settings: Setting[]; facts: Record<string, Record<string, Json64 | boolean>>; tags: string[]; alone: number;
  /** Why they are not compared. */
  error: string | null;
}
export interface DifferenceJson { delta: Json64; low: Json64 | null; high: Json64 | null; p: Json64 | null; why: string }
export interface CellJson { values: (Json64 | null)[]; mean: Json64 | null; spread: Json64 | null; finite: number; difference: DifferenceJson | null; judgement: Judgement }
export interface MetricJson { tag: string; direction: -1 | 0 | 1; steps: [string, string] | null; cells: Record<Measure, CellJson[]> }

export interface PlotElement extends HTMLElement {
  on(event: string, handler: (detail: any) => any): void;
  removeAllListeners(event: string): void;
}
declare global {
  /** Only what is used of plotly.min.js, a classic script of its own. */
  const Plotly: {
    react(root: HTMLElement, traces: object[], layout: object, config: object): Promise<PlotElement>;
    purge(root: HTMLElement): void;
  };
}

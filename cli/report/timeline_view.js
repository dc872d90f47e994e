// The timeline's rows and bars, and how they are painted.

const row_height = 20;
const stage_height = 22; // of a stage's name
const memory_height = 34;
const ruler_height = 24;
const names_width = 118;
const messages_most = 60; // that are drawn as lines from stage to stage

// Bars as lists of begins, ends, names and counts, in the order in which they begin; `reach` is
// the last end up to each of them.
function read_row(row) {
  const bars = { name: row.name, begin: [], end: [], reach: [], what: [], count: [] };
  let begin = 0;
  for (let i = 0; i < row.bars.length; i += 4) {
    begin += row.bars[i];
    bars.begin.push(begin);
    const end = begin + row.bars[i + 1];
    bars.end.push(end);
    bars.reach.push(Math.max(bars.reach.at(-1) ?? end, end));
    bars.what.push(row.bars[i + 2]);
    bars.count.push(row.bars[i + 3]);
  }
  return bars;
}

// All rows from top to bottom: names of stages, rows of bars, and memory.
function lay_out(stages) {
  const lines = [];
  let top = ruler_height;
  const add = (line, height) => {
    lines.push({ ...line, top, height });
    top += height;
  };
  stages.forEach((stage, i) => {
    add({ kind: "stage", stage: i, text: `stage ${stage.stage}, GPU ${stage.gpu}` }, stage_height);
    stage.rows.forEach((row) => add({ kind: "bars", stage: i, bars: read_row(row) }, row_height));
    if (stage.memory.length > 0) {
      add({ kind: "memory", stage: i, memory: stage.memory }, memory_height);
    }
  });
  return { lines, height: top + 4 };
}

// The first bar that does not end before `time`. Bars may overlap, so later ones may end before it.
function first_after(bars, time) {
  let low = 0;
  let high = bars.begin.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bars.reach[middle] < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// "1.25 ms" of nanoseconds.
function time_text(ns, digits = 4) {
  const size = Math.abs(ns);
  const [unit, factor] =
    size >= 1e9
      ? ["s", 1e9]
      : size >= 1e6
        ? ["ms", 1e6]
        : size >= 1e3
          ? ["\u00b5s", 1e3]
          : ["ns", 1];
  return `${Number((ns / factor).toPrecision(digits))} ${unit}`;
}

function bytes_text(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// Round steps, so that there are few enough of them.
function tick_step(span, most) {
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough);
}

class TimelinePainter {
  constructor(canvas, timeline) {
    this.canvas = canvas;
    this.timeline = timeline;
    const { lines, height } = lay_out(timeline.stages);
    this.lines = lines;
    this.height = height;
  }

  x_of(time) {
    return names_width + ((time - this.from) / (this.to - this.from)) * (this.width - names_width);
  }

  time_at(x) {
    return this.from + ((x - names_width) / (this.width - names_width)) * (this.to - this.from);
  }

  category_of(what) {
    return this.timeline.names[what][1];
  }

  // Paler if it stands for several.
  colour_of(bars, index) {
    const mark = this.colours[this.category_of(bars.what[index])] ?? this.muted;
    return bars.count[index] > 1 ? this.pale[mark] : mark;
  }

  // Draws the part between two times; `marked` is a bar that stands out: {line, index}.
  paint(from, to, marked) {
    this.from = from;
    this.to = to;
    this.width = this.canvas.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.height = `${this.height}px`;
    this.colours = Object.fromEntries(
      Object.entries(category_marks).map(([category, mark]) => [category, colour(mark)]),
    );
    this.paper = colour("paper");
    this.ink = colour("ink");
    this.muted = colour("muted");
    this.pale = Object.fromEntries(
      [...Object.values(this.colours), this.muted].map((mark) => [
        mark,
        blended(mark, this.paper, 0.7),
      ]),
    );
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = this.paper;
    pen.fillRect(0, 0, this.width, this.height);
    pen.font = "12px system-ui, 'Liberation Sans', sans-serif";
    pen.textBaseline = "middle";
    this.paint_ruler(pen);
    this.lines.forEach((line, i) =>
      this.paint_line(pen, line, marked?.line === i ? marked.index : -1),
    );
    this.paint_names(pen);
    this.paint_messages(pen);
  }

  paint_ruler(pen) {
    const step = tick_step(this.to - this.from, Math.max((this.width - names_width) / 90, 2));
    pen.strokeStyle = colour("line");
    pen.fillStyle = this.muted;
    for (let time = Math.ceil(this.from / step) * step; time <= this.to; time += step) {
      const x = Math.round(this.x_of(time)) + 0.5;
      pen.beginPath();
      pen.moveTo(x, ruler_height - 6);
      pen.lineTo(x, this.height);
      pen.stroke();
      const text = time_text(time);
      if (x + pen.measureText(text).width < this.width) {
        pen.fillText(text, x + 3, ruler_height / 2);
      }
    }
  }

  paint_line(pen, line, marked) {
    if (line.kind === "bars") {
      this.paint_bars(pen, line, marked);
    } else if (line.kind === "memory") {
      this.paint_memory(pen, line);
    }
  }

  paint_bars(pen, line, marked) {
    const { bars, top } = line;
    for (
      let i = first_after(bars, this.from);
      i < bars.begin.length && bars.begin[i] <= this.to;
      ++i
    ) {
      const left = Math.max(this.x_of(bars.begin[i]), names_width);
      const right = Math.min(this.x_of(bars.end[i]), this.width);
      if (right < left) {
        continue;
      }
      const width = Math.max(right - left, 0.7);
      const fill = this.colour_of(bars, i);
      pen.fillStyle = fill;
      pen.fillRect(left, top + 2, width, row_height - 4);
      if (width > 3) {
        pen.fillStyle = this.paper;
        pen.fillRect(right - 0.6, top + 2, 0.6, row_height - 4);
      }
      if (width > 44) {
        pen.fillStyle = text_on(fill);
        this.paint_label(pen, this.timeline.names[bars.what[i]][0], left, top, width);
      }
      if (i === marked) {
        pen.strokeStyle = this.ink;
        pen.lineWidth = 2;
        pen.strokeRect(left, top + 1, Math.max(width, 2), row_height - 2);
        pen.lineWidth = 1;
      }
    }
  }

  paint_label(pen, text, left, top, width) {
    pen.save();
    pen.beginPath();
    pen.rect(left + 2, top, width - 4, row_height);
    pen.clip();
    pen.fillText(text, left + 4, top + row_height / 2 + 1);
    pen.restore();
  }

  paint_memory(pen, line) {
    const { memory, top, height } = line;
    let most = 0;
    for (let i = 1; i < memory.length; i += 2) {
      most = Math.max(most, memory[i]);
    }
    line.most = most;
    const y_of = (bytes) => top + height - 3 - (bytes / most) * (height - 8);
    pen.save();
    pen.beginPath();
    pen.rect(names_width, top, this.width - names_width, height);
    pen.clip();
    pen.beginPath();
    pen.moveTo(this.x_of(memory[0]), y_of(0));
    for (let i = 0; i < memory.length; i += 2) {
      pen.lineTo(this.x_of(memory[i]), y_of(i > 1 ? memory[i - 1] : memory[1]));
      pen.lineTo(this.x_of(memory[i]), y_of(memory[i + 1]));
    }
    pen.lineTo(this.x_of(this.timeline.step_ns), y_of(memory[memory.length - 1]));
    pen.lineTo(this.x_of(this.timeline.step_ns), y_of(0));
    pen.fillStyle = colour("mark7");
    pen.globalAlpha = 0.35;
    pen.fill();
    pen.globalAlpha = 1;
    pen.restore();
  }

  paint_messages(pen) {
    const seen = this.timeline.messages.filter(
      ([, , sent, arrived]) => arrived >= this.from && sent <= this.to,
    );
    if (seen.length > messages_most) {
      return; // nobody could follow them
    }
    const first_row = this.timeline.stages.map((_, stage) =>
      this.lines.find((line) => line.kind === "bars" && line.stage === stage),
    );
    pen.save();
    pen.beginPath();
    pen.rect(names_width, ruler_height, this.width - names_width, this.height);
    pen.clip();
    pen.strokeStyle = colour("mark2");
    pen.globalAlpha = 0.8;
    for (const [from, to, sent, arrived] of seen) {
      if (first_row[from] && first_row[to]) {
        pen.beginPath();
        pen.moveTo(this.x_of(sent), first_row[from].top + row_height / 2);
        pen.lineTo(this.x_of(arrived), first_row[to].top + row_height / 2);
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    pen.restore();
  }

  paint_names(pen) {
    pen.fillStyle = this.paper;
    pen.fillRect(0, ruler_height, names_width - 1, this.height);
    for (const line of this.lines) {
      const middle = line.top + line.height / 2;
      if (line.kind === "stage") {
        pen.fillStyle = colour("panel");
        pen.fillRect(0, line.top, this.width, line.height - 2);
        pen.fillStyle = this.ink;
        pen.font = "600 12px system-ui, 'Liberation Sans', sans-serif";
        pen.fillText(line.text, 6, middle - 1);
        pen.font = "12px system-ui, 'Liberation Sans', sans-serif";
      } else {
        pen.fillStyle = this.muted;
        const text = line.kind === "bars" ? line.bars.name : `memory ${bytes_text(line.most)}`;
        pen.fillText(text, 12, middle, names_width - 16);
      }
    }
  }

  // The bar at a place of the canvas, or null.
  bar_at(x, y) {
    const index = this.lines.findIndex(
      (line) => line.kind === "bars" && y >= line.top && y < line.top + line.height,
    );
    if (index < 0 || x < names_width) {
      return null;
    }
    const { bars } = this.lines[index];
    const slack = (2 * (this.to - this.from)) / (this.width - names_width);
    const time = this.time_at(x);
    let found = null;
    for (
      let i = first_after(bars, time - slack);
      i < bars.begin.length && bars.begin[i] <= time + slack;
      ++i
    ) {
      const is_inside = bars.begin[i] <= time && bars.end[i] >= time;
      if (is_inside || (found === null && bars.end[i] >= time - slack)) {
        found = { line: index, index: i };
      }
    }
    return found;
  }

  describe({ line, index }) {
    const { bars, stage } = this.lines[line];
    const [name, category] = this.timeline.names[bars.what[index]];
    const count = bars.count[index];
    const what = count > 1 ? `${name}, ${count} drawn as one` : name;
    const kind = name === category ? "" : ` (${category})`;
    const length = time_text(bars.end[index] - bars.begin[index]);
    const begin = time_text(bars.begin[index], 7);
    const place = `stage ${this.timeline.stages[stage].stage}, ${bars.name}`;
    return `${what}${kind}: ${length}, from ${begin}; ${place}`;
  }
}

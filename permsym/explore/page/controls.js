// Sliders and fields of a model's parameters.
const STEPS = 400;

// onChange() is called whenever a value changes; texts() gives what is typed, by name.
export class Controls {
  constructor(box, onChange) {
    this.box = box;
    this.onChange = onChange;
    this.rows = new Map();
  }

  build(parameters, texts) {
    this.rows.clear();
    this.box.replaceChildren(...parameters.map((parameter) => this.row(parameter, texts[parameter.name] ?? parameter.text)));
  }

  row(parameter, text) {
    const row = document.createElement("div"), name = document.createElement("label"), field = document.createElement("input");
    const mistake = document.createElement("p"), id = `parameter-${parameter.name}`;
    row.className = "row";
    name.textContent = parameter.name;
    name.htmlFor = id;
    Object.assign(field, { id, type: "text", value: text, placeholder: parameter.default ?? "", spellcheck: false });
    mistake.className = "mistake";
    mistake.hidden = true;
    const entry = { ...parameter, field, mistake, slider: null };
    row.append(name);
    if (parameter.high !== undefined) {
      entry.slider = document.createElement("input");
      Object.assign(entry.slider, { type: "range", min: 0, max: STEPS, step: "any", ariaLabel: `${parameter.name}, slider` });
      if (parameter.counts && parameter.high - parameter.low < STEPS) entry.slider.step = 1;
      entry.slider.addEventListener("input", () => {
        field.value = written(this.fromSlider(entry), entry);
        this.onChange();
      });
      row.append(entry.slider);
    } else row.append(document.createElement("span"));
    field.addEventListener("input", () => {
      this.toSlider(entry, Number(field.value || NaN));
      this.onChange();
    });
    row.append(field, mistake);
    this.rows.set(parameter.name, entry);
    this.toSlider(entry, text === "" ? parameter.value : Number(text));
    return row;
  }

  // Counts with a wide range, such as N, are spread over their logarithm.
  fromSlider(entry) {
    const share = Number(entry.slider.value) / STEPS, { low, high } = entry;
    return entry.counts ? Math.round(low * (high / low) ** share) : low + share * (high - low);
  }

  // A value beyond the slider's ends widens them.
  toSlider(entry, value) {
    if (!entry.slider || !Number.isFinite(value)) return;
    if (value > entry.high) entry.high = 2 * value;
    if (value < entry.low && !entry.counts) entry.low = 2 * value;
    const { low, high } = entry;
    entry.slider.step = "any";
    entry.slider.value = STEPS * (entry.counts ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low));
    entry.slider.setAttribute("aria-valuetext", written(value, entry));
  }

  texts() {
    return Object.fromEntries([...this.rows].map(([name, entry]) => [name, entry.field.value.trim()]));
  }

  // Numbers of expressions and defaults, as the server understands them.
  resolved(numbers) {
    for (const [name, entry] of this.rows) {
      const text = entry.field.value.trim(), number = numbers[name];
      entry.value = number ?? entry.value;
      if (number !== undefined && number !== null && (text === "" || Number.isNaN(Number(text)))) this.toSlider(entry, number);
      entry.field.title = number === undefined || number === null ? "" : `${name} = ${number}`;
      this.complain(name, "");
    }
  }

  // Whether a sentence has its place beside a parameter.
  complain(name, words) {
    const entry = this.rows.get(name);
    if (!entry) return false;
    entry.mistake.textContent = words;
    entry.mistake.hidden = !words;
    entry.field.setAttribute("aria-invalid", words ? "true" : "false");
    return true;
  }
}

function written(value, entry) {
  return entry.counts ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

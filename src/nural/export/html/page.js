// The page: what is drawn or dropped goes through the network, and the answer is shown.

const PAUSE = 60; // ms between two readings of an unfinished digit

const described = JSON.parse(document.getElementById("network").textContent);

const start = async () => {
  translate(described.names);
  const element = (id) => document.getElementById(id);
  const certainty = element("certainty");
  let outputs;
  try {
    outputs = await loadNetwork(described, element("weights").textContent);
  } catch {
    certainty.textContent = words.old;
    return null;
  }
  const percent = (value) => `${(100 * value).toFixed(value < 0.9995 ? 1 : 0)}%`;

  const names = described.names ?? Array.from({ length: 10 }, (_, digit) => String(digit));
  element("bars").style.setProperty("--names", `${Math.max(...names.map((name) => name.length))}ch`);
  const bars = names.map((name) => {
    const row = document.createElement("li");
    row.innerHTML = "<span></span><i aria-hidden='true'><b></b></i><span></span>";
    row.firstChild.textContent = name;
    element("bars").append(row);
    return row;
  });

  // Shows what the network makes of 784 pixels, or nothing.
  const show = (pixels, message = "") => {
    const found = pixels ? Array.from(outputs(pixels)) : new Array(10).fill(0);
    const probabilities = pixels && described.softmax ? softmax(found) : found;
    const best = probabilities.indexOf(Math.max(...probabilities));
    const share = probabilities[best];
    const name = names[best];
    const sure = share >= described.threshold;
    element("digit").textContent = pixels ? (sure ? name : "?") : "–";
    element("digit").classList.toggle("long", pixels !== null && sure && name.length > 2);
    certainty.textContent = pixels ? words[sure ? "sure" : "unsure"](name, percent(share)) : message;
    bars.forEach((row, i) => {
      row.classList.toggle("first", Boolean(pixels) && i === best);
      row.querySelector("b").style.width = `${100 * probabilities[i]}%`;
      row.lastChild.textContent = pixels ? percent(probabilities[i]) : "";
    });
    const context = element("seen").getContext("2d"),
      image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++)
      image.data.set([0, 0, 0, 255].fill(pixels ? pixels[i] * 256 : 0, 0, 3), 4 * i);
    context.putImageData(image, 0, 0);
    element("hint").hidden = !field.empty();
    element("undo").disabled = element("clear").disabled = field.empty();
  };

  let waiting = null,
    last = 0;
  const field = makeField(element("canvas"), (strokes, finished) => {
    clearTimeout(waiting);
    const read = () => {
      last = performance.now();
      show(prepareStrokes(strokes));
    };
    if (finished || performance.now() - last > PAUSE) read();
    else waiting = setTimeout(read, PAUSE);
  });

  const openPicture = async (file) => {
    if (!file) return;
    try {
      const grey = await readPicture(file);
      field.show(await createImageBitmap(file));
      const pixels = preparePicture(grey);
      show(pixels, words.empty);
    } catch {
      show(null, words.unread);
    }
  };

  element("undo").addEventListener("click", field.undo);
  element("clear").addEventListener("click", field.clear);
  element("open").addEventListener("click", () => element("file").click());
  element("file").addEventListener("change", (event) =>
    openPicture(event.target.files[0]).then(() => (event.target.value = "")),
  );
  document.addEventListener("keydown", (event) => {
    const undo = event.key === "Backspace" || (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey));
    if (undo && !field.empty()) field.undo();
    else if (event.key === "Escape" || event.key === "Delete") field.clear();
    else return;
    event.preventDefault();
  });
  document.addEventListener("paste", (event) => openPicture(event.clipboardData.files[0]));
  const over = (on) => element("paper").classList.toggle("over", on);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", () => over(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    openPicture(event.dataTransfer.files[0]);
  });
  show(null);
  return outputs;
};

const ready = start();
window.nural = {
  // The network's outputs, for 784 pixels from 0 for the ground to 1 for ink; they are called logits where they are.
  [described.outputs]: async (pixels) => Array.from((await ready)(pixels)),
  prepareStrokes,
  preparePicture,
};

// The field: strokes in units of its side, drawn with whatever points, or with the keyboard.

const PEN = 0.07,
  STEP = 1 / 28;

const makeField = (canvas, onChange) => {
  const context = canvas.getContext("2d");
  let strokes = [],
    shown = null,
    pointer = null,
    cursor = null,
    penDown = false;

  const draw = () => {
    const { width: side } = canvas,
      style = getComputedStyle(canvas);
    context.clearRect(0, 0, side, side);
    if (shown) {
      const scale = side / Math.max(shown.width, shown.height),
        width = shown.width * scale,
        height = shown.height * scale;
      context.drawImage(shown, (side - width) / 2, (side - height) / 2, width, height);
    }
    context.strokeStyle = style.color;
    context.lineWidth = PEN * side;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      for (const [i, [x, y]] of stroke.entries()) context[i ? "lineTo" : "moveTo"](x * side, y * side);
      if (stroke.length === 1) context.lineTo(stroke[0][0] * side, stroke[0][1] * side);
      context.stroke();
    }
    if (!cursor) return;
    context.beginPath();
    context.lineWidth = Math.max(2, side / 150);
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    context.arc(cursor[0] * side, cursor[1] * side, (PEN * side) / (penDown ? 2 : 1.4), 0, 2 * Math.PI);
    context.stroke();
  };

  const changed = (finished) => {
    draw();
    onChange(strokes, finished);
  };

  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };

  const begin = (point) => {
    shown = null;
    strokes.push([point]);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    cursor = null;
    penDown = false;
    begin(pointOf(event));
    changed(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(events.length ? events : [event]).map(pointOf));
    changed(false);
  });
  const lift = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    changed(true);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== " ") return;
    event.preventDefault();
    cursor ??= [0.5, 0.5];
    if (arrow) {
      const reach = STEP * (event.shiftKey ? 3 : 1);
      cursor = cursor.map((value, i) => clip(value + arrow[i] * reach, 0, 1));
      if (penDown) strokes.at(-1).push(cursor);
    } else {
      penDown = !penDown;
      if (penDown) begin(cursor);
    }
    changed(!penDown);
  });
  canvas.addEventListener("blur", () => {
    cursor = null;
    penDown = false;
    draw();
  });

  new ResizeObserver(() => {
    canvas.width = canvas.height = Math.round(canvas.clientWidth * devicePixelRatio);
    draw();
  }).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  const reset = (next, image) => {
    strokes = next;
    shown = image;
    pointer = null;
    penDown = false;
  };
  return {
    undo: () => {
      reset(strokes.slice(0, -1), null);
      changed(true);
    },
    clear: () => {
      reset([], null);
      changed(true);
    },
    show: (image) => {
      reset([], image);
      draw();
    },
    empty: () => !strokes.length && !shown,
  };
};

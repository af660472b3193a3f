// How networks answer a whole set: fetched once for each network and set, and read in several ways.
import { fetchTensors } from "../api.js";

const kept = new Map();

// {labels, answers, confidence, confusion, threshold} of a network and a set.
export function answersOf(model, set) {
  const key = `${model} ${set}`;
  const live = model === "training"; // changes while one looks
  if (live || !kept.has(key)) {
    const found = fetchTensors(`api/mistakes?model=${encodeURIComponent(model)}&set=${set}`).then(
      ({ manifest, tensor }) => ({
        ...Object.fromEntries(
          ["labels", "answers", "confidence", "confusion"].map((name) => [name, tensor(name).data]),
        ),
        threshold: manifest.threshold,
      }),
    );
    found.catch(() => kept.delete(key));
    kept.set(key, found);
  }
  return kept.get(key);
}

// The digits that were answered `answer` and are `label`, the surest first.
export function behind({ labels, answers, confidence }, label, answer) {
  const found = [];
  for (let i = 0; i < labels.length; i += 1) if (labels[i] === label && answers[i] === answer) found.push(i);
  return found.sort((a, b) => confidence[b] - confidence[a]);
}

// [{threshold, coverage, error, answered, wrong}] from 0 to 1: what is answered, and how much of it wrongly.
export function coverage({ labels, answers, confidence }) {
  const order = Array.from(labels.keys()).sort((a, b) => confidence[b] - confidence[a]);
  const steps = 200;
  const curve = [];
  let [answered, wrong] = [0, 0];
  for (let step = steps; step >= 0; step -= 1) {
    const threshold = step / steps;
    while (answered < order.length && confidence[order[answered]] >= threshold) {
      wrong += Number(labels[order[answered]] !== answers[order[answered]]);
      answered += 1;
    }
    curve.unshift({
      threshold,
      answered,
      wrong,
      coverage: answered / order.length,
      error: answered ? wrong / answered : 0,
    });
  }
  return curve;
}

// The digits on which one network is right and the other wrong: [by the first alone, by the second alone].
export function disagreements(first, second) {
  const right = ({ labels, answers }, i) => labels[i] === answers[i];
  const found = [[], []];
  for (let i = 0; i < first.labels.length; i += 1) {
    if (right(first, i) && !right(second, i)) found[0].push(i);
    if (!right(first, i) && right(second, i)) found[1].push(i);
  }
  return found;
}

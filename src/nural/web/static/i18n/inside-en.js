export default {
  "inside.title": "There and back",
  "inside.why":
    "Forward, your ink becomes ten probabilities. Say what it is meant to be, and there is a loss: the " +
    "error, which goes back through the same layers and tells every number how it should change.",
  "inside.label": "This is a",
  "inside.label.none": "nothing said",
  "inside.label.why": "A drawing has no label. Choose one: only then is there a loss, and something that goes back.",
  "inside.loss": "loss",
  "inside.loss.why": "Choose another digit: above nothing moves, below everything does.",
  "inside.sample": "One of MNIST’s",
  "inside.nothing": "Draw a digit, here or in the first tab.",
  "inside.no.label": "Choose a label above: without it there is no loss, and no error goes back.",

  "inside.lanes": "One column a layer",
  "inside.lanes.keys":
    "Click a cell to see where it comes from. By keyboard: arrows move from cell to cell, Shift with ← → " +
    "from layer to layer, Page Up and Down from channel to channel, Enter goes to the explanation.",
  "inside.cells":
    "Cells of all layers. Arrows move from cell to cell, Shift with left and right from layer to layer, " +
    "Page Up and Page Down from channel to channel, Enter goes to the explanation.",
  "inside.lane.forward": "activation",
  "inside.lane.backward": "∂L/∂activation",
  "inside.scale": "Colours",
  "inside.scale.layer": "each layer its own",
  "inside.scale.shared": "one scale for all",
  "inside.linear": "linear",
  "inside.log": "logarithmic",
  "inside.log.short": "log, six decades",
  "inside.log.label": "Scale",
  "inside.download": "Trace as JSON",
  "inside.play": "Play the way back",
  "inside.pause": "Pause",
  "inside.step.back": "One layer back",
  "inside.step.up": "One layer up",
  "inside.all": "Show all",
  "inside.progress": "How far the error has come back",
  "inside.all.channels": "all {count}",
  "inside.legend.minus": "− negative",
  "inside.legend.zero": "0",
  "inside.legend.plus": "+ positive",
  "inside.legend.closed": "nothing comes back: a closed gate, or a maximum that others won",
  "inside.ink": "Ink",
  "inside.logits": "Logits",
  "inside.type.Conv2d": "Convolution",
  "inside.type.Linear": "Fully connected",
  "inside.type.BatchNorm1d": "Batch norm",
  "inside.type.BatchNorm2d": "Batch norm",
  "inside.type.MaxPool2d": "Max pooling",
  "inside.type.AvgPool2d": "Average pooling",
  "inside.type.GlobalAvgPool2d": "Global average",
  "inside.type.Residual": "Sum of both ways",

  "inside.comment.all": "The whole way. Go back one layer at a time to see what each of them does to the error.",
  "inside.comment.logits":
    "The error begins as p − t: every logit’s probability, less 1 for the digit that it should be.",
  "inside.comment.sum":
    "{above} passes the error on: each number of {layer} collects w · δ from all cells that used it. In a " +
    "convolution these lie around it, so the error spreads.",
  "inside.comment.gate":
    "{above} is a gate: {open} of {all} numbers of {layer} were above 0 and let the error pass as it is. " +
    "The others are closed, and go dark.",
  "inside.comment.function": "{above} multiplies the error by its slope at each number of {layer}.",
  "inside.comment.max":
    "{above} sends the error of each window to its winner alone: {open} of {all} numbers of {layer} get any.",
  "inside.comment.mean": "{above} shares the error of each window equally among its numbers.",
  "inside.comment.scale": "{above} only scales here: the error of each channel is multiplied by γ / √(σ² + ε).",
  "inside.comment.add": "A sum sends the error back both ways, unchanged.",
  "inside.comment.whole": "{above} mixes all that it gets; the error of each number depends on all of them.",
  "inside.comment.ink": "This is the ink: where the error says how more or less of it would change the loss.",

  "inside.cell.title": "A cell, explained",
  "inside.cell.none":
    "Choose a cell above. It will be taken apart here: every number that it was made of, and every number " +
    "that its error was made of.",
  "inside.cell.word": "Cell",
  "inside.back": "← Back to the cell before",
  "inside.place": "row {row}, column {column}, channel {channel}",
  "inside.place.row": "number {i}",
  "inside.row": "row {r}",
  "inside.channel": "Channel {channel}, by column",
  "inside.say": "{layer}, {cell}: {value}, error {gradient}",
  "inside.say.forward": "{layer}, {cell}: {value}",
  "inside.forward": "Forward: where the number comes from",
  "inside.backward": "Backward: where the error comes from",
  "inside.patch": "patch x",
  "inside.kernel": "kernel w",
  "inside.input": "input x",
  "inside.weights": "weights w",
  "inside.product": "x · w",
  "inside.branch": "branch",
  "inside.shortcut": "shortcut",
  "inside.line.ink": "the ink of this pixel, from 0 to 1",
  "inside.line.sum": "each input times its weight, and the bias",
  "inside.line.max": "the largest under the window",
  "inside.line.mean": "the mean under the window",
  "inside.line.add": "both ways added",
  "inside.line.scale": "batch norm, with the averages of its training",
  "inside.line.function": "{type}, of each number on its own",
  "inside.line.same": "the same number",
  "inside.line.whole": "this layer mixes all it gets; its numbers have no short list of terms",
  "inside.line.softmax": "softmax makes a probability of it",
  "inside.line.loss": "where the way back begins",
  "inside.line.back": "collected from all cells above that used it",
  "inside.line.back.function": "times the slope of {type} at this number",
  "inside.line.back.scale": "times the factor of batch norm",
  "inside.line.closed": "the gate of {type} is closed: slope 0, nothing comes through",
  "inside.caption.sum": "The largest terms.",
  "inside.caption.max": "All that stood for election.",
  "inside.caption.mean": "The numbers under the window.",
  "inside.caption.back": "The largest terms.",
  "inside.caption.uses": "Its largest uses.",
  "inside.terms.count": "{count} in all, {zeros} of them 0.",
  "inside.unit": "Products in units of {unit}.",
  "inside.from": "from",
  "inside.to": "to",
  "inside.won": "won",
  "inside.total": "sum",
  "inside.maximum": "maximum",
  "inside.bias": "bias {name}",
  "inside.rest": "the other {count} terms together",
  "inside.rounding": "rounding of float32",
  "inside.more": "Show more terms",
  "inside.weight.open": "weight {name}",

  "inside.weight.title": "A weight",
  "inside.weight.hint":
    "Click a weight in the lists of terms. You will see every place where it was used, and can prove its gradient.",
  "inside.uses": "Used {count} times; {zeros} of the uses add nothing. Their sum is the gradient.",
  "inside.uses.picture": "x · δ at every place",
  "inside.used": "used for",
  "inside.prove.title": "Prove it",
  "inside.prove.why":
    "Is this gradient really the slope of the loss? Move the weight by a little to both sides, in " +
    "float64, and measure.",
  "inside.prove": "Prove it",
  "inside.proof.backward": "∂L/∂w, by going back",
  "inside.proof.difference": "(L(w + h) − L(w − h)) / 2h, h = {h}",
  "inside.proof.error": "relative error",
  "inside.proof.agree": "Both agree: the relative error is {error}.",
  "inside.proof.kinks":
    "Between the two points {kinks} gates switch, however near they are: the loss has a kink there and no " +
    "one slope. Relative error {error}.",
  "inside.proof.skipped": "Larger steps were not used: from h = {h} on, gates switch between the two points ({kinks}).",
  "inside.move.title": "Move it",
  "inside.move.why":
    "The curve is the true loss, the straight line is what the gradient says of it. Marks at the bottom " +
    "are kinks: there a ReLU switches or a maximum moves.",
  "inside.move": "w",
  "inside.move.value": "weight {w}, loss {loss}",
  "inside.move.reading": "w = {w} · L = {loss} · tangent {predicted}",
  "inside.span": "Range",
  "inside.span.near": "a tenth of the weight",
  "inside.span.middle": "as large as the weight",
  "inside.span.far": "five times the weight",
  "inside.curve.label": "The loss for this weight from {from} to {to}: between {low} and {high}, with {kinks} kinks.",
  "inside.loss.true": "loss",
  "inside.loss.tangent": "tangent",
  "inside.kinks": "kinks",

  "inside.step.title": "Take one step",
  "inside.step.why":
    "Move every weight against its gradient, on this one image. The gradient predicts that the loss falls by η‖g‖². " +
    "At first the rate is such that this is 1% of the loss; make it larger, and see where the straight line ends.",
  "inside.step.rate": "Rate",
  "inside.step.ahead": "η = {rate}: predicted {predicted}, {share} of the loss",
  "inside.step.beyond":
    "η = {rate}: predicted {predicted}, {share} of the loss. That would be below 0, where no loss is.",
  "inside.step.nothing": "There is no step to take: the loss or its gradient is 0, or no finite number.",
  "inside.step.holds": "The prediction holds within {error}.",
  "inside.step.ends": "The straight line has ended: the change is {share} of the predicted one.",
  "inside.step.take": "Take the step",
  "inside.step.undo": "Undo",
  "inside.step.predicted": "predicted, −η‖g‖²",
  "inside.step.true": "true change",
  "inside.step.others": "right of 1,000 other digits",
  "inside.step.bits": "the weights’ fingerprint",
  "inside.step.bars": "Probabilities before and after the step",
  "inside.step.say": "The loss was predicted to change by {predicted} and changed by {true}.",
  "inside.step.undone": "Undone, to the last bit: the weights’ fingerprint is {weights} again.",
  "inside.step.other": "The network has changed meanwhile; the fingerprint was {weights}.",
  "inside.before": "before",
  "inside.after": "after",

  "inside.ink.title": "Gradient on ink",
  "inside.ink.why":
    "The error does not stop at the weights. It goes on to the ink, and says where more of it (orange) or " +
    "less (blue) would make the network believe in your label.",
  "inside.ink.gradient": "−∂L/∂ink: more here, less there",
  "inside.ink.paper": "the ink: draw on it",
  "inside.ink.fact": "Probability of a {label}: {share}. Strongest: {largest} a unit of ink.",
  "inside.ink.step": "One step",
  "inside.ink.run": "Let it run",
  "inside.ink.stop": "Stop",
  "inside.ink.undo": "My ink again",
  "inside.ink.erase": "the pen erases",

  "inside.break.title": "Break it",
  "inside.break.why":
    "Networks that are ill on purpose. Watch the backward lane fade, die or explode on its way from the " +
    "logits to the ink.",
  "inside.break.look": "↑ Look at the lanes",
  "inside.break.own": "The page’s network",
  "inside.break.healthy": "Healthy, untrained",
  "inside.break.sigmoids": "Sigmoids, tiny weights",
  "inside.break.dead": "Dead ReLUs",
  "inside.break.rate": "A huge rate",
  "inside.break.centring": "No centring",
  "inside.break.own.why": "The network that is chosen at the top of the page.",
  "inside.break.healthy.why":
    "Six fully connected layers with ReLU. He’s initialisation keeps the error about as large at the ink " +
    "as at the logits.",
  "inside.break.sigmoids.why":
    "The slope of a sigmoid is at most 1/4, and its small weights shrink the error again: each layer " +
    "leaves about a sixth. The first layers learn next to nothing.",
  "inside.break.dead.why":
    "Biases of −5 keep every ReLU of the third layer shut. Nothing gets through, so nothing below it can " +
    "ever learn again.",
  "inside.break.rate.why":
    "Two steps of training at a rate of 3. Every weight has overshot: numbers grow from layer to layer, " +
    "and the error grows on its way back.",
  "inside.break.centring.why":
    "The network is the same; the digit stands seven pixels beside the middle. It has never seen one " +
    "there. See what the ink is told to become.",
  "inside.profile": "root mean square of each layer, logarithmic; × is 0",
  "inside.profile.label": "The size of the error: {top} at the logits, {ink} at the ink.",
  "inside.shape": "shape",
  "inside.largest.a": "largest activation",
  "inside.rms.a": "root mean square",
  "inside.largest.d": "largest error",
  "inside.rms.d": "root mean square",
  "inside.open": "open",
  "inside.say.loss": "For a {label}, with a probability of {share}, the loss is {loss}.",
  "inside.layer": "Layer",

  "mistakes.title": "What is taken for what",
  "mistakes.set": "Digits",
  "mistakes.set.test": "MNIST’s test set",
  "mistakes.set.validation": "validation set",
  "mistakes.loading": "Ten thousand digits are being read …",
  "mistakes.progress": "Digits read",
  "mistakes.reading.set": "{read} of {all} digits have been read …",
  "mistakes.failed": "The digits could not be read.",
  "mistakes.summary": "{right} of {all} digits are read rightly, {share}; {wrong} are not.",
  "mistakes.matrix": "Confusion matrix: the true digit by row, what it was read as by column",
  "mistakes.true": "true digit",
  "mistakes.read": "read as",
  "mistakes.why": "Click a number to see the digits behind it.",
  "mistakes.cell": "{label} read as {answer}: {count}",
  "mistakes.behind": "The surest mistakes",
  "mistakes.choose":
    "Those that no threshold would hold back come first. Click one to open it Inside, or choose a cell of the matrix.",
  "mistakes.open": "The surest come first, each with the probability of the wrong answer. Click one to open it Inside.",
  "mistakes.taken": "{label} read as {answer}",
  "mistakes.none": "There are none.",
  "mistakes.more": "and {more} more",
  "mistakes.digit": "A {label}, number {index} of {set}: {line}",
  "mistakes.sure": "Sure enough to answer?",
  "mistakes.sure.why":
    "A network that may say “?” when its best probability is below a threshold answers fewer digits, and " +
    "errs on fewer of those. The open circle is the threshold that the network came with; a threshold " +
    "should be chosen on the validation set, and judged on the test set.",
  "mistakes.threshold": "Threshold",
  "mistakes.coverage": "coverage: digits answered",
  "mistakes.error": "error among these",
  "mistakes.wrong": "wrong",
  "mistakes.reading":
    "{coverage} of the digits are answered, {error} of these wrongly: {wrong} mistakes remain, {held} " +
    "digits are held back.",
  "mistakes.curve":
    "Error against coverage. All digits answered: {all} wrong. At the network’s own threshold of " +
    "{threshold}: {coverage} answered, {error} of these wrong.",
  "mistakes.two": "Two networks on one digit",
  "mistakes.two.why":
    "The same ink for both. A network that you train in the second tab, or one given with --model, can " +
    "stand beside the one inside.",
  "mistakes.first": "First",
  "mistakes.second": "Second",
  "mistakes.ink": "the ink",
  "mistakes.agree": "Both give the same answer: {first} and {second}.",
  "mistakes.disagree": "They differ: the first answers {first}, the second {second}.",
  "mistakes.only.one": "There is only one network so far. Train another in the second tab.",
  "mistakes.differ": "Find digits that only one reads rightly",
  "mistakes.right.alone": "Only “{model}” is right: {count}",
};

// What the page says, in the browser's language.

const WORDS = {
  en: {
    title: "Draw a digit",
    one: (names) => `Draw one of these: ${names}`,
    lead: "With the mouse, a pen or a finger; or drop or paste a picture of one.",
    hint: "0 – 9",
    undo: "Undo",
    clear: "Clear",
    open: "Open a picture…",
    keys: "Keyboard: arrows move the pen, space puts it down and lifts it, backspace undoes, escape clears.",
    answer: "The network reads",
    seen: "What the network sees",
    canvas: "Drawing field",
    bars: "Probability of each digit",
    classes: "Probability of each class",
    private: "All of this happens in your browser: the page asks for nothing and sends nothing.",
    sure: (digit, percent) => `${percent} sure`,
    unsure: (digit, percent) => `Not sure; perhaps ${digit} (${percent})`,
    unread: "This is no picture that the browser can read.",
    empty: "There is no digit to be seen in this picture.",
    old: "This browser is too old to unpack the network: DecompressionStream cannot do deflate-raw.",
  },
  zh: {
    title: "写一个数字",
    one: (names) => `请画出其中之一：${names}`,
    lead: "用鼠标、手写笔或手指书写，也可以拖入或粘贴一张图片。",
    hint: "0 – 9",
    undo: "撤销",
    clear: "清除",
    open: "打开图片…",
    keys: "键盘：方向键移动笔，空格键落笔和抬笔，退格键撤销，Esc 键清除。",
    answer: "网络的识别结果",
    seen: "网络看到的图像",
    canvas: "书写区",
    bars: "每个数字的概率",
    classes: "每个类别的概率",
    private: "一切都在您的浏览器中进行：本页不请求也不发送任何数据。",
    sure: (digit, percent) => `把握 ${percent}`,
    unsure: (digit, percent) => `不确定，可能是 ${digit}（${percent}）`,
    unread: "浏览器无法读取这张图片。",
    empty: "这张图片中没有看到数字。",
    old: "此浏览器版本过旧，DecompressionStream 不支持 deflate-raw，无法解压网络。",
  },
};

const chinese = /^zh\b/i.test(navigator.languages?.[0] ?? navigator.language);
const words = chinese ? WORDS.zh : WORDS.en;

// For digits, unless the classes have names.
const translate = (names) => {
  if (names) Object.assign(words, { title: words.one(names.join(", ")), hint: "", bars: words.classes });
  document.documentElement.lang = chinese ? "zh-Hans" : "en";
  document.title = `nural: ${words.title}`;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", words[element.dataset.label]);
};

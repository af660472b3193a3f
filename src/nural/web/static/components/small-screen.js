// Phones in either direction, and pages that are magnified until as little is left of them.
export const smallScreen = matchMedia("(max-width: 720px), (max-height: 500px)");

// How the page scrolls by itself: at once for who wants less motion.
export const scrolling = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

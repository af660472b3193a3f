// The name of a network as a person reads it.
import { t } from "./i18n.js";

export const modelTitle = (name) =>
  name.startsWith("snapshot:") ? t("model.snapshot", { step: name.slice(9) }) : t(`model.${name}`);

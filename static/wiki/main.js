// What every screen has: the theme switch, menus that close, the table of contents that follows, forms sent once.
// All of it is a comfort; every screen works without it.
import { bindTheme } from "./theme.js";
import { bindMenus } from "./menus.js";
import { bindContents } from "./contents.js";
import { bindOnce } from "./submit_once.js";
import { bindDiagrams } from "./diagrams/diagrams.js";
import { bindResults } from "./ask/results.js";
import { bindSuggestions } from "./search/suggest.js";
import { bindVideos } from "./videos.js";
import { dropSentDraft } from "./pages/draft.js";

bindTheme();
bindMenus();
bindContents();
bindOnce();
bindDiagrams(document);
bindResults();
bindSuggestions();
bindVideos();
dropSentDraft();

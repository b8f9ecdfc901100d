// One entry for all rooms; each module finds what it needs by attribute and does nothing otherwise.
import "./requests.js";
import "./display.js";
import "./keys.js";
import "./confirm.js";
import "./guard.js";
import "./sheet.js";
import "./photos.js";
import "./toasts.js";
import "./offline.js";
import "./live.js";

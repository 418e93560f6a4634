// The behaviour of every page. Every page works without it; with it a page is quicker to use.
// Each module watches the document, never single elements, so that parts which htmx swaps in need no set-up.
import './live.js';
import './menus.js';
import './theme.js';
import './keys.js';
import './rows.js';
import './forms.js';

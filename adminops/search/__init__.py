"""One search box over everything the viewer may see."""

from adminops.feature import Feature
from adminops.search.views import blueprint

feature = Feature(name="search", title="Search", blueprints=(blueprint,))

"""Jobs about objects, in a site with an app of its own."""

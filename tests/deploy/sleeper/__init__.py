"""An app of a site whose jobs take their time."""

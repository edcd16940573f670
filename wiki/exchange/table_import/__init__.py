"""Tables (CSV, XLSX, ODS) imported as pages of a kind: columns mapped to fields, a preview, then one changeset."""

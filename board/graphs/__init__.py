"""GraphDef of any writer -> columns for the browser, with what each block costs."""

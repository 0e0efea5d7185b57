"""What a sentence states: documents, quantities, promises, lists, organisations and programmes, each with its place."""

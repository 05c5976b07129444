"""Embeddings as TensorBoard's projector has them: tensors, what is known of their points, and views of them."""

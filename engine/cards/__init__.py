"""The models that ship: a card for each, its ONNX file in models/."""

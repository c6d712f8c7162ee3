"""From the positioned tree to the model, with the action catalogue as the guide."""

from dsl.load.flow import load_flow

__all__ = ["load_flow"]

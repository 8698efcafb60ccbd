def wrap(owner, name, make):
    """Replaces a method by `make(original)`, once."""
    original = getattr(owner, name)
    if getattr(original, '_workflow_outgoing', False):
        return
    wrapper = make(original)
    for attribute in ('__module__', '__name__', '__qualname__', '__doc__'):
        try:
            setattr(wrapper, attribute, getattr(original, attribute))
        except (AttributeError, TypeError):
            pass
    wrapper.__wrapped__ = original
    wrapper._workflow_outgoing = True
    setattr(owner, name, wrapper)

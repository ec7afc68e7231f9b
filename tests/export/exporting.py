"""What the tests of exports share."""

from __future__ import annotations

import pytest

from runstone.export.page import is_built

HOSTILE = "</script><script>document.title='owned'</script><!--"

built = pytest.mark.skipif(not is_built(), reason="the UI is not built: make ui")

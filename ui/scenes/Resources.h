#pragma once

namespace diffuscope {

/// Makes the built-in files (":/fonts/…", icons) and fonts available, to core as well. Cheap after the first
/// call; needs a QGuiApplication. uiFont() calls it.
void initialiseResources();

}  // namespace diffuscope

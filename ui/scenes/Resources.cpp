#include "scenes/Resources.h"

#include "scenes/Ink.h"

#include <QFontDatabase>
#include <QtGlobal>
#include <stdexcept>

// A static library's resources have to be asked for, and the macro has to stand outside of every namespace.
static void initialiseCompiledResources() {
    Q_INIT_RESOURCE(resources);
}

namespace diffuscope {

void initialiseResources() {
    static const bool done = [] {
        initialiseCompiledResources();
        for (const char* style : {"Regular", "Medium", "SemiBold"})
            if (QFontDatabase::addApplicationFont(
                    QStringLiteral(":/fonts/DiffuscopeSans-%1.otf").arg(QLatin1String(style))) < 0)
                throw std::logic_error("a bundled font cannot be loaded");
        provideLetters();
        return true;
    }();
    Q_UNUSED(done)
}

}  // namespace diffuscope

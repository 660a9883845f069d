// The sections of the gallery about language models.
#pragma once

#include <vector>

#include "sextant/base/error.h"
#include "sextant/cli/demo_page.h"
#include "sextant/cli/session.h"

namespace sextant::cli {

// Chat, tokens, speed and perplexity of the default model, and a story of the bundled small one.
// Takes about a minute on two cores. Errors: a model is not here.
Result<std::vector<DemoSection>> demo_language(Session& session);

}  // namespace sextant::cli

// The command: from its arguments to its exit status. Results go to `output`, all else to standard
// error.
#pragma once

#include "sextant/cli/output.h"

namespace sextant::cli {

// Exit statuses: docs/guide.md and base/error.h.
int run(int argc, const char* const* argv, Output& output);

}  // namespace sextant::cli

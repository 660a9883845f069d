#include "sextant/cli/verbs.h"

namespace sextant::cli {

Verbs make_verbs() {
  Verbs verbs;
  verbs.push_back(make_doctor());
  return verbs;
}

}  // namespace sextant::cli

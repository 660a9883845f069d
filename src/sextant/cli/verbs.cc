#include "sextant/cli/verbs.h"

namespace sextant::cli {

Verbs make_verbs() {
  Verbs verbs;
  verbs.push_back(make_show());
  verbs.push_back(make_tokenize());
  verbs.push_back(make_list());
  verbs.push_back(make_doctor());
  verbs.push_back(make_completion());
  return verbs;
}

}  // namespace sextant::cli

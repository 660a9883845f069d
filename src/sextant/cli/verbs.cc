#include "sextant/cli/verbs.h"

namespace sextant::cli {

Verbs make_verbs() {
  Verbs verbs;
  verbs.push_back(make_chat());
  verbs.push_back(make_generate());
  verbs.push_back(make_embed());
  verbs.push_back(make_classify());
  verbs.push_back(make_train());
  verbs.push_back(make_eval());
  verbs.push_back(make_bench());
  verbs.push_back(make_forward());
  verbs.push_back(make_show());
  verbs.push_back(make_tokenize());
  verbs.push_back(make_list());
  verbs.push_back(make_demo());
  verbs.push_back(make_doctor());
  verbs.push_back(make_completion());
  return verbs;
}

}  // namespace sextant::cli

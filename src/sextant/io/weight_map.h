// The tensors a model needs, declared once, and checked as a whole against a file.
//
// Every declared tensor must be in the source with its shape and a type that holds weights, and
// every tensor of the source must be declared or ignored: a model that would silently drop or miss
// weights does not load. All problems are told in one error.
//
//   WeightMap map("lm/weights");
//   map.add({.name = "model.norm.weight", .shape = {576}});
//   map.add({.name = "lm_head.weight", .shape = {49152, 576}, .required = false});
//   map.ignore("*.rotary_emb.inv_freq");
//   SEXTANT_TRY(auto weights, map.bind(*source));
//   const TensorView& norm = weights.at("model.norm.weight");
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

struct WeightSpec {
  std::string name;
  Shape shape;
  std::vector<std::string> aliases = {};  // other names that files use; the first found counts
  bool required = true;
  std::vector<DType> dtypes = {};  // allowed types; empty: every float and block type
};

// Views by declared name; valid as long as the source.
class Weights {
 public:
  // Throws where the name was not declared or is optional and absent.
  const TensorView& at(std::string_view name) const;
  // Null where it is absent.
  const TensorView* find(std::string_view name) const;

 private:
  friend class WeightMap;
  std::map<std::string, TensorView, std::less<>> views_;
};

class WeightMap {
 public:
  // `topic` begins the error messages, e.g. "latte/weights".
  explicit WeightMap(std::string topic) : topic_(std::move(topic)) {}

  // Throws where its name or an alias was declared before.
  void add(WeightSpec spec);
  // Tensors that may be in the file and are not used; '*' stands for any characters.
  void ignore(std::string pattern) { ignored_.push_back(std::move(pattern)); }

  // Errors: kDataLoss listing up to ten problems and the count of the others; the hint names the
  // unused tensor that is nearest to the first missing one.
  Result<Weights> bind(const TensorSource& source) const;

 private:
  std::string topic_;
  std::vector<WeightSpec> specs_;
  std::set<std::string> names_;  // of all specs, aliases included
  std::vector<std::string> ignored_;
};

}  // namespace sextant::io

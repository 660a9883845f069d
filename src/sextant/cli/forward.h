// `sextant forward`: one network, named tensors in, named tensors out. What a family must give to
// be reachable by it; the list of families is in forward.cc.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/io/tensor_source.h"

namespace sextant::cli {

// A tensor made by a family, f32 or I64.
struct OutputTensor {
  std::string name;
  Shape shape;
  std::vector<float> values;
};

struct ForwardRequest {
  std::filesystem::path model;
  const io::TensorSource& input;
  std::map<std::string, std::string> settings;  // --set key=value
};

struct ForwardSetting {
  std::string_view key, values, says;  // "precision", "f32|int8", "..."
};

class ForwardFamily {
 public:
  virtual ~ForwardFamily() = default;
  virtual std::vector<std::string_view> names() const = 0;  // for --family
  virtual std::string_view model() const = 0;               // what MODEL is
  virtual std::string_view inputs() const = 0;
  virtual std::string_view outputs() const = 0;
  virtual std::vector<ForwardSetting> settings() const = 0;
  // The family's name of that model, or nothing where it is not one of its.
  virtual std::optional<std::string> recognise(const std::filesystem::path& model) const = 0;
  virtual Result<std::vector<OutputTensor>> run(const ForwardRequest& request,
                                                const Context& context) const = 0;
};

std::unique_ptr<ForwardFamily> make_forward_bert();
std::unique_ptr<ForwardFamily> make_forward_decoder();

}  // namespace sextant::cli

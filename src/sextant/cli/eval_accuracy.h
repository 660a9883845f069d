// `sextant eval accuracy`: how often an image classifier is right.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"

namespace sextant::cli {

struct Accuracy {
  std::string model;
  std::vector<std::string> labels;
  std::vector<int64_t> right, all;  // pictures of each class
  double seconds = 0;

  int64_t pictures() const;
  double share() const;                 // of all pictures
  double share_of(size_t label) const;  // NaN where there is none of that class
};

// `data`: a folder with a test set as MNIST and Fashion-MNIST name it (t10k-images-idx3-ubyte,
// plain or .gz), whose labels are the classes by index; or with a sub-folder of pictures for each
// class, named as the model names it. Errors: of the model, the files, and data that the model has
// no class for; kCancelled.
Result<Accuracy> measure_accuracy(const std::filesystem::path& model,
                                  const std::filesystem::path& data, const Context& context);

}  // namespace sextant::cli

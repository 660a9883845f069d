#include <algorithm>
#include <map>

#include "sextant/base/human.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/value_check.h"
#include "sextant/cli/verbs.h"
#include "sextant/io/open_tensors.h"
#include "sextant/lm/bert_model.h"
#include "sextant/lm/config.h"
#include "sextant/lm/decoder.h"
#include "sextant/lm/model_files.h"
#include "sextant/nn/vit_config.h"

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;

// Whether the files are of a family that this program runs.
struct Fit {
  std::string family;
  bool fits = false;
  std::string says;  // what the model is, or why it is not of this family
};

// The folder that a model's configuration is in: the path, or that around a file of weights.
Result<fs::path> find_folder(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return path;
  }
  fs::path folder = fs::absolute(path, error).parent_path();
  if (!fs::exists(folder / "config.json", error)) {
    return fail(ErrorCode::kNotFound, "expected a config.json beside the file, found none");
  }
  return folder;
}

// The configuration may belong to another file of the folder: these must hold its embedding.
Result<void> check_embedding(const io::TensorSource& source, std::string_view family,
                             const std::vector<std::string>& names, const Shape& expected) {
  const io::TensorInfo* embedding = nullptr;
  for (const std::string& name : names) {
    embedding = embedding == nullptr ? source.find(name) : embedding;
  }
  if (embedding == nullptr || embedding->shape != expected) {
    return fail(ErrorCode::kDataLoss, "{}: expected a tensor \"{}\" of {}, found {}", family,
                names.front(), to_string(expected),
                embedding == nullptr ? "none" : to_string(embedding->shape));
  }
  return {};
}

Result<lm::DecoderConfig> decoder_config(const fs::path& path, const io::TensorSource& source) {
  const bool gguf = source.format() == "gguf";
  SEXTANT_TRY(const fs::path where, gguf ? Result<fs::path>(path) : find_folder(path));
  SEXTANT_TRY(lm::DecoderConfig config, lm::read_decoder_config(where));
  SEXTANT_TRY_VOID(check_embedding(source, config.family, lm::embedding_names(config, gguf),
                                   {config.vocab_size, config.dim}));
  return config;
}

Result<nn::BertConfig> bert_config(const fs::path& path, const io::TensorSource& source) {
  SEXTANT_TRY(const fs::path folder, find_folder(path));
  SEXTANT_TRY(nn::BertConfig config, lm::read_bert_config(folder));
  SEXTANT_TRY_VOID(check_embedding(
      source, "bert",
      {"embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight"},
      {config.vocab_size, config.dim}));
  return config;
}

Fit fit_of_bert(const fs::path& path, const io::TensorSource& source) {
  const auto config = bert_config(path, source);
  if (!config) {
    return {"bert", false, config.error().describe()};
  }
  const io::TensorInfo* head = source.find("classifier.weight");
  return {
      "bert", true,
      format("{} layers of width {}, {} heads, vocabulary {}, up to {} tokens{}", config->layers,
             config->dim, config->heads, config->vocab_size, config->max_positions,
             head == nullptr || head->shape.empty() ? std::string()
                                                    : format(", {} classes", head->shape.front()))};
}

Fit fit_of_vit(const fs::path& path, const io::TensorSource& source) {
  const auto folder = find_folder(path);
  const auto config = folder ? nn::read_vit_config(*folder) : Failure(folder.error());
  if (!config) {
    return {"vit", false, config.error().describe()};
  }
  const Shape expected = {1, config->patches() + 1, config->dim};
  if (const auto checked =
          check_embedding(source, "vit", {"vit.embeddings.position_embeddings"}, expected);
      !checked) {
    return {"vit", false, checked.error().describe()};
  }
  return {
      "vit", true,
      format("{} layers of width {}, {} heads, pictures of {}x{}x{} in patches of {}, {} classes",
             config->layers, config->dim, config->heads, config->channels, config->image,
             config->image, config->patch, config->classes)};
}

std::vector<Fit> find_fits(const fs::path& path, const io::TensorSource& source) {
  const auto config = decoder_config(path, source);
  std::vector<Fit> fits;
  for (const std::string& family : lm::decoder_families()) {
    if (!config) {
      fits.push_back({family, false, config.error().describe()});
    } else if (config->family != family) {
      fits.push_back({family, false, format("the files say {}", config->family)});
    } else {
      fits.push_back({family, true,
                      format("{} layers of width {}, {} heads ({} for keys and values), vocabulary "
                             "{}, context {}",
                             config->layers, config->dim, config->heads, config->kv_heads,
                             config->vocab_size, config->max_positions)});
    }
  }
  fits.push_back(fit_of_bert(path, source));
  fits.push_back(fit_of_vit(path, source));
  return fits;
}

struct Totals {
  int64_t elements = 0;
  int64_t bytes = 0;
  std::map<std::string_view, int64_t> tensors_by_type;
};

Totals add_up(const io::TensorSource& source) {
  Totals totals;
  for (const io::TensorInfo& tensor : source.tensors()) {
    totals.elements += element_count(tensor.shape).value_or(0);
    totals.bytes += tensor.bytes;
    ++totals.tensors_by_type[to_string(tensor.dtype)];
  }
  return totals;
}

class Show : public Verb {
 public:
  std::string_view name() const override { return "show"; }
  std::string_view summary() const override { return "Look into a model file or folder"; }
  std::string_view description() const override {
    return "Prints the tensors with type, shape and size, the metadata, and which model family of "
           "this program the files are, or why not. Reads safetensors, PyTorch .pt and .bin, npz, "
           "GGUF, Hugging Face folders and tokenizer files, told apart by their content; no weight "
           "is read unless "
           "--check-values is given. A broken file ends with exit status 3.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant show model.gguf", "tensors and metadata of a file"},
            {"sextant show smollm2-135m --summary", "only what it is"},
            {"sextant show model.safetensors --json | jq '.tensors[].name'", "for programs"},
            {"sextant show checkpoint.pt --check-values", "find NaN and infinity"}};
  }
  void declare(CLI::App& app) override {
    app.add_option("MODEL", model_, "File, folder, or name of a model (see `sextant list`)")
        ->required();
    app.add_flag("--summary", summary_, "Leave out tensors and metadata");
    app.add_flag("--check-values", check_values_, "Read all values and report NaN and infinity");
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    SEXTANT_TRY(const fs::path path, resolve_model(model_));
    const auto opened = io::open_tensors(path);
    if (!opened) {
      // A file without tensors may still be a tokenizer; if not, the first reason counts.
      const auto tokenizer = lm::load_tokenizer(path);
      if (!tokenizer) {
        return Failure(opened.error());
      }
      print_tokenizer(session.out(), path, *tokenizer);
      return {};
    }
    const auto& source = *opened;
    const std::vector<Fit> fits = find_fits(path, *source);
    std::vector<BadValues> bad;
    if (check_values_) {
      SEXTANT_TRY(bad, find_bad_values(*source, session.context()));
    }
    if (json_) {
      print_json(session.out(), to_json(path, *source, fits, bad));
    } else {
      print_text(session, path, *source, fits);
      print_bad_values(session.out(), bad);
    }
    if (!bad.empty()) {
      return fail(ErrorCode::kDataLoss,
                  "[cli/show] values: expected numbers, {} of {} tensors hold "
                  "NaN or infinity ({})",
                  bad.size(), source->tensors().size(), path.string());
    }
    return {};
  }

 private:
  void print_tokenizer(Output& out, const fs::path& path, const text::Tokenizer& tokenizer) const {
    OrderedJson marks = OrderedJson::object();
    const auto mark = [&](std::string_view name, std::optional<int32_t> id) {
      if (id) {
        marks[std::string(name)] = {{"id", *id}, {"piece", tokenizer.piece(*id)}};
      }
    };
    mark("begin", tokenizer.bos());
    mark("end", tokenizer.eos());
    mark("unknown", tokenizer.unknown());
    if (json_) {
      print_json(out, {{"path", path.string()},
                       {"format", "tokenizer"},
                       {"kind", tokenizer.kind()},
                       {"entries", tokenizer.vocab_size()},
                       {"marks", std::move(marks)}});
      return;
    }
    out.line("{}", printable(path.string(), kLongText));
    out.line("format    tokenizer: {}, {} entries", tokenizer.kind(), tokenizer.vocab_size());
    for (const auto& [name, entry] : marks.items()) {
      out.line("{:<9} {} {}", name, entry["id"].get<int32_t>(),
               printable(entry["piece"].get<std::string>()));
    }
  }

  OrderedJson to_json(const fs::path& path, const io::TensorSource& source,
                      const std::vector<Fit>& fits, const std::vector<BadValues>& bad) const {
    const Totals totals = add_up(source);
    OrderedJson out = {{"path", path.string()},
                       {"format", source.format()},
                       {"tensor_count", source.tensors().size()},
                       {"parameters", totals.elements},
                       {"bytes", totals.bytes},
                       {"types", totals.tensors_by_type}};
    out["families"] = OrderedJson::array();
    for (const Fit& fit : fits) {
      out["families"].push_back({{"name", fit.family}, {"fits", fit.fits}, {"says", fit.says}});
    }
    if (!summary_) {
      out["metadata"] = source.metadata();
      out["tensors"] = OrderedJson::array();
      for (const io::TensorInfo& tensor : source.tensors()) {
        out["tensors"].push_back({{"name", tensor.name},
                                  {"dtype", to_string(tensor.dtype)},
                                  {"shape", tensor.shape},
                                  {"bytes", tensor.bytes},
                                  {"file", tensor.file},
                                  {"offset", tensor.offset}});
      }
    }
    if (check_values_) {
      out["bad_values"] = OrderedJson::array();
      for (const BadValues& entry : bad) {
        out["bad_values"].push_back(
            {{"tensor", entry.tensor}, {"nan", entry.nans}, {"infinite", entry.infinities}});
      }
    }
    return out;
  }

  void print_text(Session& session, const fs::path& path, const io::TensorSource& source,
                  const std::vector<Fit>& fits) const {
    Output& out = session.out();
    const Totals totals = add_up(source);
    std::string types;
    for (const auto& [type, count] : totals.tensors_by_type) {
      types += format("{}{} {}", types.empty() ? "" : ", ", count, type);
    }
    out.line("{}", printable(path.string(), kLongText));
    out.line("format    {}", source.format());
    out.line("tensors   {} ({}), {} parameters, {}", source.tensors().size(), types,
             human_count(totals.elements), human_bytes(static_cast<uint64_t>(totals.bytes)));
    print_fits(out, fits);
    if (!summary_) {
      print_metadata(out, source);
      print_tensors(out, source);
    }
  }

  // The family that fits; where none does, the reason, once if it is the same for all.
  static void print_fits(Output& out, const std::vector<Fit>& fits) {
    for (const Fit& fit : fits) {
      if (fit.fits) {
        out.line("family    {}: {}", fit.family, fit.says);
        return;
      }
    }
    std::string families;
    for (const Fit& fit : fits) {
      families += (families.empty() ? "" : ", ") + fit.family;
    }
    out.line("family    none of {}: {}", families,
             fits.empty() ? "" : printable(fits.front().says, kLongText));
  }

  static void print_metadata(Output& out, const io::TensorSource& source) {
    size_t width = 0;
    for (const auto& [key, value] : source.metadata()) {
      width = std::max(width, std::min(key.size(), kNameColumns));
    }
    if (!source.metadata().empty()) {
      out.write("\nmetadata\n");
    }
    for (const auto& [key, value] : source.metadata()) {
      const std::string name = printable(key);
      out.line("  {}{}  {}", name, std::string(width - std::min(width, name.size()), ' '),
               printable(value, 100));
    }
  }

  static void print_tensors(Output& out, const io::TensorSource& source) {
    size_t width = 0;
    for (const io::TensorInfo& tensor : source.tensors()) {
      width = std::max(width, std::min(tensor.name.size(), kNameColumns));
    }
    out.write("\n");
    for (const io::TensorInfo& tensor : source.tensors()) {
      const std::string name = printable(tensor.name, kLongText);
      out.line("  {}{}  {:<6}  {:<16} {:>9}", name,
               std::string(width - std::min(width, name.size()), ' '), to_string(tensor.dtype),
               to_string(tensor.shape), human_bytes(static_cast<uint64_t>(tensor.bytes)));
    }
  }

  static void print_bad_values(Output& out, const std::vector<BadValues>& bad) {
    for (const BadValues& entry : bad) {
      out.line("bad values in {}: {} NaN, {} infinite", printable(entry.tensor, kLongText),
               human_count(entry.nans), human_count(entry.infinities));
    }
  }

  static constexpr size_t kNameColumns = 60;
  static constexpr size_t kLongText = 1024;

  std::string model_;
  bool summary_ = false;
  bool check_values_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_show() { return std::make_unique<Show>(); }

}  // namespace sextant::cli

// BERT (Devlin et al. 2019) with a classification head, for training, as transformers'
// BertForSequenceClassification stores it. What the trainer exports runs in lm/text_classifier.h
// and in transformers. For inference use sextant/lm, which needs no LibTorch.
//
// Shapes: B sequences, T tokens, C width, K classes.
#pragma once

#include <torch/torch.h>

#include "sextant/base/error.h"
#include "sextant/io/tensor_source.h"
#include "sextant/nn/bert_config.h"

namespace sextant::nn {

struct BertDropout {
  double hidden = 0.1;     // of each block's two results, the embedding, and the pooled vector
  double attention = 0.1;  // of attention's probabilities
};

class BertEmbeddingsImpl;
class BertLayerImpl;

class BertClassifierImpl : public torch::nn::Module {
 public:
  // Fresh weights, normal with standard deviation 0.02 from `generator`; biases 0, norms 1.
  BertClassifierImpl(const BertConfig& config, int64_t classes, const BertDropout& dropout,
                     torch::Generator generator);

  // Logits [B,K] of ids [B,T] (I64, T at most the positions) with mask [B,T] (I64; 0: padding,
  // which is not attended to). `types` [B,T] I64; undefined: all 0.
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& mask,
                        const torch::Tensor& types = {});

  // Recompute each block's activations in the backward pass instead of keeping them; needs dropout
  // 0.
  void set_recompute(bool on) { recompute_ = on; }

 private:
  bool recompute_ = false;
  double dropout_;
  std::shared_ptr<BertEmbeddingsImpl> embeddings_;
  std::vector<std::shared_ptr<BertLayerImpl>> layers_;
  torch::nn::Linear pooler_{nullptr}, classifier_{nullptr};
};
TORCH_MODULE(BertClassifier);

// The weights of a BERT file, with or without "bert." before its names. A head, and a pooler, that
// the file has not keep their fresh weights. Errors: as load_weights.
Result<void> load_bert(BertClassifierImpl& model, const io::TensorSource& source);

}  // namespace sextant::nn

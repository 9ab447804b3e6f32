"""Train with class weights in three trainers, on micro-batches of very different lengths, and compare with one step.

Install the course's extra `trainers`, then

    python examples/trainers.py
    torchrun --standalone --nproc-per-node=2 examples/trainers.py

Four sequences with 2, 30, 4 and 28 valid labels make one step of plain SGD: four micro-batches of one process, or two
of each of two. By hand, the step follows the sum of the weighted losses over the count of valid labels. Printed is the
largest difference of a parameter from that: if each micro-batch returns its own mean, and with the lines marked HERE.
Lesson 09 says why. All is in float64.
"""

import logging
import os
import tempfile
import warnings

import lightning
import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

RANKS = int(os.environ.get("WORLD_SIZE", 1))
STEPS = 4 // RANKS  # micro-batches of each rank
FREQUENT = np.array([0.8, 0.15, 0.05])  # the classes among the training labels
WEIGHTS = torch.tensor(1 / (3 * FREQUENT))  # of mean one over them


def sequences():
    """Return four sequences of 32 places: five features each, and labels, -100 where it is padding."""
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(4, 32, 5)), rng.choice(3, (4, 32), p=FREQUENT)
    for row, valid in enumerate((2, 30, 4, 28)):
        labels[row, valid:] = -100
    return [{"X": torch.tensor(x), "labels": torch.tensor(y)} for x, y in zip(X, labels, strict=True)]


class Tokens(nn.Module):
    """Logits of three classes for each place."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 3, dtype=torch.float64)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.scale = nn.Parameter(torch.ones(5, dtype=torch.float64), requires_grad=False)  # frozen: it has no gradient

    def forward(self, X):
        return self.linear(X * self.scale)


def loss_of(logits, labels, reduction):
    """Return the weighted cross-entropy of the valid labels: its "sum", or its "mean" over their weights."""
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), WEIGHTS, reduction=reduction)


def by_hand():
    """Take one step on the whole batch."""
    model, rows = Tokens(), sequences()
    X, labels = (torch.stack([row[name] for row in rows]) for name in ("X", "labels"))
    (loss_of(model(X), labels, "sum") / (labels != -100).sum()).backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    return model


def with_trainer(mended):
    """Take the step with transformers' Trainer, which counts the labels of all micro-batches and ranks."""

    def loss(logits, labels, num_items_in_batch):
        if not mended:
            return loss_of(logits, labels, "mean")
        return loss_of(logits, labels, "sum") / num_items_in_batch  # HERE

    model = Tokens()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=1,
            gradient_accumulation_steps=STEPS,
            max_steps=1,
            optim="sgd",
            learning_rate=1.0,
            lr_scheduler_type="constant",
            max_grad_norm=0.0,  # the defaults, clipping to length 1 and AdamW, hide a wrong factor
            average_tokens_across_devices=True,  # the default; else each rank divides by its own labels
            remove_unused_columns=False,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = Trainer(model, arguments, train_dataset=sequences(), compute_loss_func=loss)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return model


def with_accelerate(mended):
    """Take the step with Accelerate, which divides by the number of micro-batches; DDP by that of ranks."""
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=STEPS)
    model = Tokens()
    parts = (model, torch.optim.SGD(model.parameters(), lr=1.0), DataLoader(sequences()))
    replica, optimizer, loader = accelerator.prepare(*parts)
    # The batches of one step: its divisor has to be known before the first. `list` exhausts the loader; where groups
    # are fetched by `islice`, `accumulate` steps at every micro-batch of a last group that is complete, and not at all
    # after an incomplete one: there use `accelerator.no_sync` on all but each group's last, and step by hand.
    batches = list(loader)
    own = sum((batch["labels"] != -100).sum() for batch in batches)  # HERE, and below
    total = accelerator.gather(own).sum()
    for batch in batches:
        with accelerator.accumulate(replica):
            logits = replica(batch["X"])
            if mended:
                loss = loss_of(logits, batch["labels"], "sum")
                loss = loss * accelerator.gradient_accumulation_steps * accelerator.num_processes / total
            else:
                loss = loss_of(logits, batch["labels"], "mean")
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
    return model


class Lit(lightning.LightningModule):
    """The model for Lightning, which divides by the number of micro-batches; DDP by that of ranks."""

    def __init__(self, mended):
        super().__init__()
        self.model, self.mended, self.valid = Tokens(), mended, 0

    def training_step(self, batch):
        logits = self.model(batch["X"])
        if not self.mended:
            return loss_of(logits, batch["labels"], "mean")
        self.valid += (batch["labels"] != -100).sum()  # HERE, and below
        return loss_of(logits, batch["labels"], "sum") * self.trainer.accumulate_grad_batches * self.trainer.world_size

    def on_before_optimizer_step(self, optimizer):  # before gradients are clipped
        if self.mended:
            total, self.valid = self.all_gather(self.valid).sum(), 0
            for parameter in self.parameters():
                if parameter.grad is not None:  # as of one that is frozen
                    parameter.grad /= total

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def with_lightning(mended):
    """Take the step with Lightning."""
    module = Lit(mended)
    trainer = lightning.Trainer(
        accelerator="cpu",
        devices=RANKS,
        strategy="ddp" if RANKS > 1 else "auto",
        precision="64-true",
        accumulate_grad_batches=STEPS,
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, DataLoader(sequences()))
    return module.model


def difference(one, other):
    """Return the largest difference of two models' parameters."""
    return max((p - q).abs().max().item() for p, q in zip(one.parameters(), other.parameters(), strict=True))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Lightning's advice on workers of loaders
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    right, steps = by_hand(), {"Trainer": with_trainer, "Accelerate": with_accelerate, "Lightning": with_lightning}
    for name, step in steps.items():
        own, mended = (difference(step(mended), right) for mended in (False, True))
        if int(os.environ.get("RANK", 0)) == 0:
            print(f"{name}: own means {own:.15f}, mended {mended:.1e}")

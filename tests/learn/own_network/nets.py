"""Networks as learners write them in PyTorch."""

import torch
import torch.nn.functional as F
from torch import nn


class DNN(nn.Module):
    """Three fully connected layers with ReLU between them."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, 32)
        self.fc2 = nn.Linear(32, 32)
        self.fc3 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 5, padding=2)
        self.conv2 = nn.Conv2d(3, 4, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(4 * 5 * 5, 12)
        self.fc2 = nn.Linear(12, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        x = F.dropout(F.relu(self.fc1(x)), 0.3, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Flatten(), nn.Linear(28 * 28, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2)), nn.Linear(16, 10)
        )

    def forward(self, x):
        return self.net(x)


class RowByRow(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(28, 6, batch_first=True)
        self.fc = nn.Linear(6, 10)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1])


class LastState(RowByRow):
    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.fc(h[-1])


class GatedUnits(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.gru = nn.RNN(3, 4, batch_first=True, nonlinearity="relu"), nn.GRU(4, 6, batch_first=True)
        self.fc = nn.Linear(6, 1)

    def forward(self, x):
        x, _ = self.rnn(x)
        _, h = self.gru(x)
        return self.fc(h.squeeze(0))


plain = nn.Sequential(nn.Linear(8, 6), nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 4), nn.SiLU(), nn.Linear(4, 2))
units = nn.Sequential(
    *(nn.Linear(8, 6), nn.LeakyReLU(0.1), nn.Linear(6, 7), nn.ELU(), nn.PReLU(7), nn.Linear(7, 6), nn.Softplus()),
    *(nn.Linear(6, 7), nn.Softsign(), nn.Linear(7, 6), nn.GroupNorm(2, 6), nn.Linear(6, 7), nn.Hardtanh()),
    *(nn.Linear(7, 6), nn.SELU(), nn.Linear(6, 3), nn.Softmax(dim=1)),
)
images = nn.Sequential(
    *(nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 0), bias=False), nn.BatchNorm2d(4, eps=1e-3), nn.ReLU6()),
    *(nn.AvgPool2d(2), nn.Conv2d(4, 8, 3, padding="same", dilation=2, groups=2), nn.Sigmoid()),
    *(nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), nn.AdaptiveMaxPool2d(2), nn.AdaptiveAvgPool2d(1)),
    *(nn.Flatten(), nn.Linear(8, 3)),
)


class Needs(nn.Module):
    def __init__(self, width):
        super().__init__()


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        return self.fc(x) + x


class Decides(Branches):
    def forward(self, x):
        return self.fc(x) if x.sum() > 0 else x


class Attends(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.attention = nn.Linear(8, 8), nn.Bilinear(8, 8, 2)

    def forward(self, x):
        return self.attention(self.fc(x))


class Sorts(Branches):
    def forward(self, x):
        return torch.cumsum(self.fc(x), 1)


class DropsAlways(Branches):
    def forward(self, x):
        return F.dropout(self.fc(x))


class TimeFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


stack = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Dropout2d(), nn.Flatten())
frozen = nn.Sequential(nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 2)).requires_grad_(False)
number = 3

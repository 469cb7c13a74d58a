# The same as ../stack.ts: an AWS role for the deployments of one Vercel project, a bucket that they may write to, and the
# variables that tell them so.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    vercel = {
      source  = "vercel/vercel"
      version = "~> 4.8"
    }
  }
}

provider "aws" {
  region = var.region
}

# Takes its token from VERCEL_API_TOKEN.
provider "vercel" {
  team = var.team
}

locals {
  issuer   = "oidc.vercel.com/${var.team}"
  audience = "https://vercel.com/${var.team}"
  subjects = [for environment in var.trusted_environments : "owner:${var.team}:project:${var.project}:environment:${environment}"]

  variables = {
    AWS_ROLE_ARN   = aws_iam_role.app.arn
    AWS_REGION     = var.region
    S3_BUCKET_NAME = aws_s3_bucket.uploads.bucket
    S3_BUCKET_ARN  = aws_s3_bucket.uploads.arn
  }
}

# No thumbprints: AWS checks the issuer's certificate against its own list of authorities.
resource "aws_iam_openid_connect_provider" "vercel" {
  url            = "https://${local.issuer}"
  client_id_list = [local.audience]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.vercel.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = [local.audience]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = local.subjects
    }
  }
}

resource "aws_iam_role" "app" {
  name_prefix          = "${var.project}-"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_s3_bucket" "uploads" {
  bucket_prefix = "${var.project}-uploads-"
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

data "aws_iam_policy_document" "uploads" {
  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.uploads.arn}/uploads/*"]
  }
}

resource "aws_iam_role_policy" "uploads" {
  name_prefix = "uploads-"
  role        = aws_iam_role.app.id
  policy      = data.aws_iam_policy_document.uploads.json
}

resource "vercel_project_environment_variables" "app" {
  project_id = var.project_id

  variables = [for key, value in local.variables : {
    key       = key
    value     = value
    target    = ["production", "preview", "development"]
    sensitive = false
    comment   = "Set by Terraform (www/infra/terraform)"
  }]
}

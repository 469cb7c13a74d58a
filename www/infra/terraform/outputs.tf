# For `npx countersign env sync --format terraform`, where the provider for Vercel is not wanted.

output "AWS_ROLE_ARN" {
  value = aws_iam_role.app.arn
}

output "AWS_REGION" {
  value = var.region
}

output "S3_BUCKET_NAME" {
  value = aws_s3_bucket.uploads.bucket
}

output "S3_BUCKET_ARN" {
  value = aws_s3_bucket.uploads.arn
}
